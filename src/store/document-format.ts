import { StorageUnavailable } from '../errors.ts'
import { parseJson } from '../json.ts'
import { documentLabel } from './document-label.ts'
import { cannotOpen, isSealed, type Sealer } from './sealer.ts'

export interface DocumentFormatOptions<T> {
  /** `callers/<phone_hash>`, `notes`, …; a seal is bound to it. */
  name: string
  isValid: (value: unknown) => value is T
  /** The newest version that this bridge can read. A newer document is not damaged, and is left alone. */
  version: number
  /** Null to store it plain: without a key, or when it says nothing about a caller. */
  sealer: Sealer | null
}

export interface ReadDocument<T> {
  value: T
  /** False when it is plain although there is a key, or sealed with an older key. */
  isCurrent: boolean
}

/** The value does not pass its check: a bug, better reported than stored. */
export class DocumentInvalid extends Error {
  override readonly name = 'DocumentInvalid'
}

export interface DocumentFormat<T> {
  /** @throws {DocumentInvalid} */
  write (value: T): string
  /**
   * Null when the text is damaged: it is not JSON, or does not pass its check.
   *
   * @throws {RecordSealed} the key is unknown, or the document was changed since it was sealed
   * @throws {StorageUnavailable} a newer version of the bridge wrote it
   */
  read (text: string): ReadDocument<T> | null
}

export function documentFormat<T> ({ name, isValid, version, sealer }: DocumentFormatOptions<T>): DocumentFormat<T> {
  return {
    write (value) {
      if (!isValid(value)) throw new DocumentInvalid(`${documentLabel(name)} would be invalid after this change`)
      return sealer === null ? `${JSON.stringify(value, null, 2)}\n` : sealer.seal(JSON.stringify(value), name)
    },

    read (text) {
      const outer = parseJson(text)
      const sealed = isSealed(outer)
      if (sealed && sealer === null) throw cannotOpen(name, 'DATA_ENCRYPTION_KEY is not set')
      const value = sealed && sealer !== null ? parseJson(sealer.open(outer, name)) : outer
      if (isValid(value)) return { value, isCurrent: sealer === null || (sealed && sealer.isCurrent(outer)) }
      if (versionOf(value) > version) {
        const reason = `${documentLabel(name)} was written by a newer version of the bridge`
        throw new StorageUnavailable({ cause: new Error(reason) })
      }
      return null
    }
  }
}

function versionOf (value: unknown): number {
  if (typeof value !== 'object' || value === null || !('version' in value)) return 0
  return typeof value.version === 'number' ? value.version : 0
}
