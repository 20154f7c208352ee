import type { DocumentName, Documents, ErasureMark, OpenRing, StoredCaller } from '../../schemas/caller-record.ts'
import { documentFormat, type DocumentFormat } from './document-format.ts'
import type { Sealer } from './sealer.ts'

export interface DocumentChecks {
  caller: (value: unknown) => value is StoredCaller
  mark: (value: unknown) => value is ErasureMark
  ring: (value: unknown) => value is OpenRing
  documents: { [N in DocumentName]: (value: unknown) => value is Documents[N] }
}

export interface Formats {
  record (phoneHash: string): DocumentFormat<StoredCaller>
  /** Never sealed: a mark holds nothing but a phone hash and a time. */
  mark (phoneHash: string): DocumentFormat<ErasureMark>
  /** Beside a record. */
  rings (phoneHash: string): DocumentFormat<OpenRing[]>
  document<N extends DocumentName> (name: N): DocumentFormat<Documents[N]>
}

/** The version in all stored schemas. */
const VERSION = 1

/** Notes hold what people wrote. The other documents hold hashes, cursors, and seals. */
const SEALED_DOCUMENTS: readonly DocumentName[] = ['notes']

export function createFormats (checks: DocumentChecks, sealer: Sealer | null): Formats {
  return {
    record: (phoneHash) => documentFormat({
      name: `callers/${phoneHash}`, isValid: belongingTo(checks.caller, phoneHash), version: VERSION, sealer
    }),
    mark: (phoneHash) => documentFormat({
      name: `erasures/${phoneHash}`, isValid: belongingTo(checks.mark, phoneHash), version: VERSION, sealer: null
    }),
    rings: (phoneHash) => {
      const isRing = belongingTo(checks.ring, phoneHash)
      const isValid = (value: unknown): value is OpenRing[] => Array.isArray(value) && value.every(isRing)
      return documentFormat({ name: `rings/${phoneHash}`, isValid, version: VERSION, sealer })
    },
    document: (name) => documentFormat({
      name, isValid: checks.documents[name], version: VERSION, sealer: SEALED_DOCUMENTS.includes(name) ? sealer : null
    })
  }
}

/** A document copied to another caller's name is invalid there, so that nobody is told what another caller said. */
function belongingTo<T extends { phone_hash: string }> (isValid: (value: unknown) => value is T, phoneHash: string) {
  return (value: unknown): value is T => isValid(value) && value.phone_hash === phoneHash
}
