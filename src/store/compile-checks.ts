import { Ajv } from 'ajv'
import type { DocumentName, Documents, ErasureMark, OpenRing, StoredCaller } from '../../schemas/caller-record.ts'
import { OWN_SCHEMAS } from '../json.ts'
import type { DocumentChecks } from './formats.ts'

/** Passed in, because `src` imports only the types of the schemas. */
export interface StoredSchemas {
  caller: object
  mark: object
  ring: object
  documents: Record<DocumentName, object>
}

/** RFC 3339. The format of ajv-formats takes most of a check's time, and accepts leap seconds, which `Date` cannot. */
const INSTANT = new RegExp(
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])/.source +
  /T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/.source
)

/** Keeps the check of each schema: a process that starts many bridges, as a test does, compiles them once. */
const ajv = new Ajv({ ...OWN_SCHEMAS, formats: { 'date-time': INSTANT } })

export function compileChecks ({ caller, mark, ring, documents }: StoredSchemas) {
  return {
    caller: ajv.compile<StoredCaller>(caller),
    mark: ajv.compile<ErasureMark>(mark),
    ring: ajv.compile<OpenRing>(ring),
    documents: {
      notes: ajv.compile<Documents['notes']>(documents.notes),
      'own-numbers': ajv.compile<Documents['own-numbers']>(documents['own-numbers']),
      sweep: ajv.compile<Documents['sweep']>(documents.sweep),
      keys: ajv.compile<Documents['keys']>(documents.keys),
      backfill: ajv.compile<Documents['backfill']>(documents.backfill),
      connection: ajv.compile<Documents['connection']>(documents.connection)
    }
  } satisfies DocumentChecks
}
