/** The checks of stored documents, made of their schemas. */
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import type { DocumentName, Documents, ErasureMark, StoredCaller } from '../../schemas/caller-record.ts'
import type { DocumentChecks } from './formats.ts'

/** Schemas are handed in, because `src` knows only their types. */
export interface StoredSchemas {
  caller: object
  mark: object
  documents: Record<DocumentName, object>
}

export function compileChecks ({ caller, mark, documents }: StoredSchemas) {
  const ajv = addFormats.default(new Ajv())
  return {
    caller: ajv.compile<StoredCaller>(caller),
    mark: ajv.compile<ErasureMark>(mark),
    documents: {
      notes: ajv.compile<Documents['notes']>(documents.notes),
      'own-numbers': ajv.compile<Documents['own-numbers']>(documents['own-numbers']),
      sweep: ajv.compile<Documents['sweep']>(documents.sweep),
      keys: ajv.compile<Documents['keys']>(documents.keys)
    }
  } satisfies DocumentChecks
}
