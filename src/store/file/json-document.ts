/** One document in one file: read, checked, replaced, and set aside when it is damaged. */
import { rename } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import pLimit from 'p-limit'
import { RecordDamaged, StorageUnavailable } from '../../errors.ts'
import type { DocumentFormat } from '../document-format.ts'
import { readDurable, removeDurable, stampFile, syncFolder, writeDurable, type Stamp } from './durable-file.ts'

/** A value with the state of the file that it came from; both are null when there is no file. */
export interface Loaded<T> {
  value: T | null
  stamp: Stamp
  isSealedAsNow: boolean
}

export interface JsonDocument<T> {
  /** @throws {RecordDamaged} after moving a file aside that is no JSON or fails its check */
  load (): Promise<Loaded<T>>
  /** Whether the file is still as it was when it was stamped. */
  isAt (stamp: Stamp): Promise<boolean>
  /**
   * Replaces the file, durably. Resolves to its new stamp, or to undefined when the file is no longer at `base`:
   * then nothing was written. Null deletes the file, whatever it is at: what has to go has to go.
   *
   * @throws {TypeError} the value does not fit its format
   */
  save (value: T | null, base?: Stamp): Promise<Stamp | undefined>
}

export interface DocumentOptions<T> {
  path: string
  format: DocumentFormat<T>
  /** Told once for each file that was moved aside, with its new name. */
  onDamaged: (name: string) => void
  now: () => Date
}

/** A document at `path`. File system errors come out as `StorageUnavailable` with their cause. */
export function jsonDocument<T> ({ path, format, onDamaged, now }: DocumentOptions<T>): JsonDocument<T> {
  const oneAtATime = pLimit(1)

  async function load (): Promise<Loaded<T>> {
    const file = await readDurable(path)
    if (file === null) return { value: null, stamp: null, isSealedAsNow: true }
    const read = format.read(file.text)
    if (read !== null) return { ...read, stamp: file.stamp }
    await oneAtATime(() => setAside(file.stamp))
    return await load()
  }

  /** Does nothing when another reader was quicker: by now there may be a good file in the damaged one's place. */
  async function setAside (stamp: Stamp): Promise<void> {
    if (await stampFile(path) !== stamp) return
    const name = `${basename(path)}.damaged-${now().toISOString().replaceAll(':', '-')}`
    await rename(path, `${dirname(path)}/${name}`)
    await syncFolder(dirname(path))
    onDamaged(name)
    throw new RecordDamaged(name)
  }

  return {
    load: () => storage(load),
    isAt: (stamp) => storage(async () => await stampFile(path) === stamp),
    save: (value, base) => storage(async () => {
      if (value === null) {
        await removeDurable(path)
        return null
      }
      return await writeDurable(path, format.write(value), base)
    })
  }
}

/** Runs file work; an error of the system becomes a `StorageUnavailable` that keeps it as its cause. */
export async function storage<T> (work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw new StorageUnavailable({ cause: error })
    throw error
  }
}
