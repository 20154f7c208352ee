/** Finds damaged documents and moves them to a table of their own, where nothing overwrites them. */
import { randomUUID } from 'node:crypto'
import { RecordDamaged } from '../../errors.ts'
import type { DocumentFormat, ReadDocument } from '../document-format.ts'
import type { Database, Run } from './database.ts'

export type DocumentKey =
  | { phoneHash: string, column: 'record' | 'mark' }
  | { phoneHash: null, name: string }

/** Thrown for a text that is not a valid document. It never leaves the driver: see {@link Quarantine}. */
export class DamagedDocument extends Error {
  override readonly name = 'DamagedDocument'
  readonly key: DocumentKey
  readonly text: string

  constructor (key: DocumentKey, text: string) {
    super('a damaged document')
    this.key = key
    this.text = text
  }
}

/** @throws {DamagedDocument} only call it within a {@link Quarantine} */
export function readText<T> (
  format: DocumentFormat<T>, text: string | null, key: DocumentKey
): ReadDocument<T> | null {
  if (text === null) return null
  const read = format.read(text)
  if (read === null) throw new DamagedDocument(key, text)
  return read
}

/**
 * Quarantines a damaged document that `work` finds; if it is gone by then, runs `work` again.
 *
 * @throws {RecordDamaged} naming the row of the table `damaged`
 */
export type Quarantine = <T>(work: () => Promise<T>) => Promise<T>

export interface QuarantineParts {
  database: Database
  /** Called once for each quarantined document, with its row in the table `damaged`. */
  onDamaged: (name: string) => void
  now: () => Date
}

export function createQuarantine ({ database, onDamaged, now }: QuarantineParts): Quarantine {
  return async (work) => {
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof DamagedDocument)) throw error
        const id = randomUUID()
        const isOurs = await database.transaction((run) => quarantine(run, error, id, now().toISOString()))
        // Another reader has moved it already: a good document may be in its place.
        if (!isOurs) continue
        const name = `damaged/${id}`
        onDamaged(name)
        throw new RecordDamaged(name)
      }
    }
  }
}

export async function purgeQuarantine (run: Run, phoneHash: string): Promise<void> {
  await run('DELETE FROM damaged WHERE phone_hash = $1', [phoneHash])
}

/** False when the text is no longer there: then nothing was changed. */
async function quarantine (run: Run, { key, text }: DamagedDocument, id: string, foundAt: string): Promise<boolean> {
  if (!await removeDamaged(run, key, text)) return false
  await run('INSERT INTO damaged (id, phone_hash, name, found_at, body) VALUES ($1, $2, $3, $4, $5)', [
    id, key.phoneHash, key.phoneHash === null ? key.name : key.column, foundAt, text
  ])
  return true
}

async function removeDamaged (run: Run, key: DocumentKey, text: string): Promise<boolean> {
  if (key.phoneHash === null) {
    return (await run('DELETE FROM documents WHERE name = $1 AND body = $2', [key.name, text])).rowCount === 1
  }
  const { phoneHash, column } = key
  const update = `UPDATE callers SET ${column} = NULL WHERE phone_hash = $1 AND ${column} = $2`
  const { rowCount } = await run(update, [phoneHash, text])
  await run('DELETE FROM callers WHERE phone_hash = $1 AND record IS NULL AND mark IS NULL', [phoneHash])
  return rowCount === 1
}
