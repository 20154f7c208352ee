/** One document in one file: read, checked, replaced, and set aside when it is damaged. */
import { basename } from 'node:path'
import { RecordDamaged } from '../../errors.ts'
import type { DocumentFormat } from '../document-format.ts'
import type { Disk } from './disk.ts'
import type { Stamp, StampedText } from './stamped-file.ts'

/** A value with the state of the file that it came from; both are null when there is no file. */
export interface Loaded<T> {
  value: T | null
  stamp: Stamp
  isCurrent: boolean
  /** Characters of the file. */
  size: number
}

export interface JsonDocument<T> {
  readonly path: string
  /** @throws {RecordDamaged} after moving a file aside that is no JSON or fails its check */
  load (): Promise<Loaded<T>>
  /** As `load`, for a file that has been read; null is none. */
  parse (file: StampedText | null): Promise<Loaded<T>>
  /**
   * Replaces the file, durably. Resolves to its new state, or to null when the file is no longer at `base`:
   * then nothing was written. Null deletes the file, whatever it is at: what has to go has to go.
   *
   * @param isSoon - a power cut may bring the old file back
   * @throws {TypeError} the value does not fit its format
   */
  save (value: T | null, base: Stamp, isSoon?: boolean): Promise<Loaded<T> | null>
}

export interface DocumentOptions<T> {
  path: string
  format: DocumentFormat<T>
  disk: Disk
  /** Told once for each file that was moved aside, with its new name. */
  onDamaged: (name: string) => void
  now: () => Date
}

/** A document at `path`. Errors of the file system come out as `StorageUnavailable` with their cause. */
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
    // Another reader may have been quicker; then there may be a good file in the damaged one's place.
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
