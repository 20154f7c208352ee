/** The formats of everything that is stored, the same under every driver. */
import type { DocumentName, Documents, ErasureMark, StoredCaller } from '../../schemas/caller-record.ts'
import { documentFormat, type DocumentFormat } from './document-format.ts'
import type { Sealer } from './sealer.ts'

/** Says of each kind of document whether a parsed text is one. */
export interface DocumentChecks {
  caller: (value: unknown) => value is StoredCaller
  mark: (value: unknown) => value is ErasureMark
  documents: { [N in DocumentName]: (value: unknown) => value is Documents[N] }
}

export interface Formats {
  record (phoneHash: string): DocumentFormat<StoredCaller>
  /** A mark says nothing but that somebody was erased: it stays plain. */
  mark (phoneHash: string): DocumentFormat<ErasureMark>
  document<N extends DocumentName> (name: N): DocumentFormat<Documents[N]>
}

/** The version of every kind of document, as their schemas have it. */
const VERSION = 1

/** Notes are what people wrote; the other documents are hashes, cursors, and seals themselves. */
const SEALED_DOCUMENTS: readonly DocumentName[] = ['notes']

export function createFormats (checks: DocumentChecks, sealer: Sealer | null): Formats {
  return {
    record: (phoneHash) => documentFormat({
      name: `callers/${phoneHash}`, isValid: theirs(checks.caller, phoneHash), version: VERSION, sealer
    }),
    mark: (phoneHash) => documentFormat({
      name: `erasures/${phoneHash}`, isValid: theirs(checks.mark, phoneHash), version: VERSION, sealer: null
    }),
    document: (name) => documentFormat({
      name, isValid: checks.documents[name], version: VERSION, sealer: SEALED_DOCUMENTS.includes(name) ? sealer : null
    })
  }
}

/** A document copied under another caller's name would tell them what is not theirs: it is no valid one there. */
function theirs<T extends { phone_hash: string }> (isValid: (value: unknown) => value is T, phoneHash: string) {
  return (value: unknown): value is T => isValid(value) && value.phone_hash === phoneHash
}
