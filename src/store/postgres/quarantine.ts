/** Damaged documents: found, kept in a table of their own, and never overwritten. */
import { randomUUID } from 'node:crypto'
import { RecordDamaged } from '../../errors.ts'
import type { DocumentFormat, ReadDocument } from '../document-format.ts'
import type { Database, Run } from './database.ts'

/** Where a document lies. */
export type DocumentKey =
  | { phoneHash: string, column: 'record' | 'mark' }
  | { phoneHash: null, name: string }

/** A text was read that is no document. It never leaves the driver: see {@link Quarantine}. */
export class DamagedDocument extends Error {
  override readonly name = 'Damage'
  readonly key: DocumentKey
  readonly text: string

  constructor (place: DocumentKey, text: string) {
    super('a damaged document')
    this.key = place
    this.text = text
  }
}

/**
 * The document in a text, or null when there is no text.
 *
 * @throws {DamagedDocument} to be called within a {@link Quarantine}
 */
export function readText<T> (format: DocumentFormat<T>, text: string | null, place: DocumentKey): ReadDocument<T> | null {
  if (text === null) return null
  const read = format.read(text)
  if (read === null) throw new DamagedDocument(place, text)
  return read
}

/**
 * Runs `work`, which reads from the database; once more when a damaged document that it met is no longer there. A damaged
 * document that still is there is set aside.
 *
 * @throws {RecordDamaged} naming the row of the table `damaged`
 */
export type Quarantine = <T>(work: () => Promise<T>) => Promise<T>

export interface QuarantineParts {
  database: Database
  /** Told once for each document that was set aside, with the row of the table `damaged`. */
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
        // Another reader was quicker: by now there may be a good document in the damaged one's place.
        if (!isOurs) continue
        const name = `damaged/${id}`
        onDamaged(name)
        throw new RecordDamaged(name)
      }
    }
  }
}

/** Deletes what was set aside of a caller. */
export async function purgeQuarantine (run: Run, phoneHash: string): Promise<void> {
  await run('DELETE FROM damaged WHERE phone_hash = $1', [phoneHash])
}

/** False when the text is no longer there: then nothing was changed. */
async function quarantine (run: Run, { key: place, text }: DamagedDocument, id: string, foundAt: string): Promise<boolean> {
  if (!await takeAway(run, place, text)) return false
  await run('INSERT INTO damaged (id, phone_hash, name, found_at, body) VALUES ($1, $2, $3, $4, $5)', [
    id, place.phoneHash, place.phoneHash === null ? place.name : place.column, foundAt, text
  ])
  return true
}

async function takeAway (run: Run, place: DocumentKey, text: string): Promise<boolean> {
  if (place.phoneHash === null) {
    return (await run('DELETE FROM documents WHERE name = $1 AND body = $2', [place.name, text])).rowCount === 1
  }
  const { phoneHash, column } = place
  const { rowCount } = await run(`UPDATE callers SET ${column} = NULL WHERE phone_hash = $1 AND ${column} = $2`, [phoneHash, text])
  await run('DELETE FROM callers WHERE phone_hash = $1 AND record IS NULL AND mark IS NULL', [phoneHash])
  return rowCount === 1
}
