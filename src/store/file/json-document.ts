/** One document in one file: read, checked, replaced, and quarantined when it is damaged. */
import { basename } from 'node:path'
import { RecordDamaged } from '../../errors.ts'
import type { DocumentFormat } from '../document-format.ts'
import type { Disk } from './disk.ts'
import type { Stamp, StampedText } from './stamped-file.ts'

/** A value and the stamp of its file; both are null when there is no file. */
export interface Loaded<T> {
  value: T | null
  stamp: Stamp
  isCurrent: boolean
  /** Length of the file, in characters. */
  size: number
}

export interface JsonDocument<T> {
  readonly path: string
  /** @throws {RecordDamaged} after quarantining a file that is not JSON or does not pass its check */
  load (): Promise<Loaded<T>>
  /** Like `load`, for a file that was already read; null when there is none. */
  parse (file: StampedText | null): Promise<Loaded<T>>
  /**
   * Durable. Resolves to null, and writes nothing, if the stamp is no longer `base`. A null value deletes the file
   * whatever its stamp. With `isSoon`, a power cut may bring the old file back.
   *
   * @throws {TypeError} the value does not pass its check
   */
  save (value: T | null, base: Stamp, isSoon?: boolean): Promise<Loaded<T> | null>
}

export interface DocumentOptions<T> {
  path: string
  format: DocumentFormat<T>
  disk: Disk
  /** Called once for each quarantined file, with its new name. */
  onDamaged: (name: string) => void
  now: () => Date
}

/** Errors of the file system become `StorageUnavailable`, with their cause. */
export function jsonDocument<T> ({ path, format, disk, onDamaged, now }: DocumentOptions<T>): JsonDocument<T> {
  const none: Loaded<T> = { value: null, stamp: null, isCurrent: true, size: 0 }

  async function load (): Promise<Loaded<T>> {
    const [file = null] = await disk.readFiles([path])
    return await parse(file)
  }

  async function parse (file: StampedText | null): Promise<Loaded<T>> {
    if (file === null) return none
    const read = format.read(file.text)
    if (read !== null) return { stamp: file.stamp, size: file.text.length, ...read }

    const name = `${basename(path)}.damaged-${now().toISOString().replaceAll(':', '-')}`
    // Another reader may have moved it already: a good file may be in its place.
    if (!await disk.renameAt(path, file.stamp, name)) return await load()
    onDamaged(name)
    throw new RecordDamaged(name)
  }

  return {
    path,
    load,
    parse,
    async save (value, base, isSoon = false) {
      if (value === null) {
        await disk.removeDurable(path)
        return none
      }
      const text = format.write(value)
      const stamp = await disk.writeDurable(path, text, base, isSoon)
      return stamp === undefined ? null : { value, stamp, isCurrent: true, size: text.length }
    }
  }
}
