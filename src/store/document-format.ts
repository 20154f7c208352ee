/** How one kind of document is written down: JSON, sealed when there is a key, and checked in both directions. */
import { StorageUnavailable } from '../errors.ts'
import { parseJson } from '../parse-json.ts'
import { documentLabel } from './document-label.ts'
import { cannotOpen, isSealed, type Sealer } from './sealer.ts'

export interface DocumentFormatOptions<T> {
  /** What the document is, and whose: `callers/<phone_hash>`, `notes`. A seal is bound to it. */
  name: string
  isValid: (value: unknown) => value is T
  /** The newest version of the document that is known here. A newer one is left alone: it is not damaged. */
  version: number
  /** Null when the document is kept plain: there is no key, or it says nothing about anybody. */
  sealer: Sealer | null
}

/** A document as it was found. */
export interface ReadDocument<T> {
  value: T
  /** Whether it is written as it would be now. */
  isCurrent: boolean
}

export interface DocumentFormat<T> {
  /** @throws {TypeError} the value would not be taken for a good one when it is read: a defect, better told than stored */
  write (value: T): string
  /**
   * Null for a text that is damaged: no JSON, or it fails its check.
   *
   * @throws {RecordSealed} the key is not known here, or the seal is broken
   * @throws {StorageUnavailable} it was written by a newer version of the bridge
   */
  read (text: string): ReadDocument<T> | null
}

export function documentFormat<T> ({ name, isValid, version, sealer }: DocumentFormatOptions<T>): DocumentFormat<T> {
  return {
    write (value) {
      if (!isValid(value)) throw new TypeError(`${documentLabel(name)} would be damaged by this change`)
      return sealer === null ? `${JSON.stringify(value, null, 2)}\n` : sealer.seal(JSON.stringify(value), name)
    },

    read (text) {
      const outer = parseJson(text)
      const sealed = isSealed(outer)
      if (sealed && sealer === null) throw cannotOpen(name, 'DATA_ENCRYPTION_KEY is not set')
      const value = sealed && sealer !== null ? parseJson(sealer.open(outer, name)) : outer
      if (isValid(value)) return { value, isCurrent: sealer === null || (sealed && sealer.isCurrent(outer)) }
      if (versionOf(value) > version) throw new StorageUnavailable({ cause: new Error(`${documentLabel(name)} was written by a newer version of the bridge`) })
      return null
    }
  }
}

/** The version that a document names, or 0. */
function versionOf (value: unknown): number {
  return typeof value === 'object' && value !== null && 'version' in value && typeof value.version === 'number' ? value.version : 0
}
