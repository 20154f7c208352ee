/** One JSON document in one file: read, checked, replaced, and set aside when it is damaged. */
import { rename } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { RecordDamaged, StorageUnavailable } from '../errors.ts'
import { readDurable, removeDurable, stampFile, syncFolder, writeDurable, type Stamp } from './durable-file.ts'

/** A value with the state of the file that it came from; both are null when there is no file. */
export interface Loaded<T> {
  value: T | null
  stamp: Stamp
}

export interface JsonDocument<T> {
  /** @throws {RecordDamaged} after moving a file aside that is no JSON or fails its check */
  load (): Promise<Loaded<T>>
  /** Whether the file is still as it was when it was stamped. */
  isAt (stamp: Stamp): Promise<boolean>
  /** Replaces the file, durably; null deletes it. Resolves to its new stamp. */
  save (value: T | null): Promise<Stamp>
}

export interface DocumentOptions<T> {
  path: string
  isValid: (value: unknown) => value is T
  /** Told once for each file that was moved aside, with its new name. */
  onDamaged: (name: string) => void
  now: () => Date
}

/** File names of set-aside copies begin with this: the name of the damaged file. */
export function damagedPrefix (fileName: string): string {
  return `${fileName}.damaged-`
}

/** A document at `path`. File system errors come out as `StorageUnavailable` with their cause. */
export function jsonDocument<T> ({ path, isValid, onDamaged, now }: DocumentOptions<T>): JsonDocument<T> {
  async function setAside (): Promise<Error> {
    const name = damagedPrefix(basename(path)) + now().toISOString().replaceAll(':', '-')
    await rename(path, `${dirname(path)}/${name}`)
    await syncFolder(dirname(path))
    onDamaged(name)
    return new RecordDamaged(name)
  }

  return {
    load: () => storage(async () => {
      const file = await readDurable(path)
      if (file === null) return { value: null, stamp: null }
      const value = parseJson(file.text)
      if (!isValid(value)) throw await setAside()
      return { value, stamp: file.stamp }
    }),
    isAt: (stamp) => storage(async () => await stampFile(path) === stamp),
    save: (value) => storage(async () => {
      if (value !== null) return await writeDurable(path, `${JSON.stringify(value, null, 2)}\n`)
      await removeDurable(path)
      return null
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

/** The parsed text; undefined, which no check accepts, when it is no JSON. */
function parseJson (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
