/** A document that belongs to no caller: one row, one change at a time. */
import pLimit from 'p-limit'
import type { DocumentFormat } from '../document-format.ts'
import { createRecent } from '../recent.ts'
import type { DocumentChange } from '../store.ts'
import { readText, type Quarantine } from './quarantine.ts'
import { Collision, type Database, type Run } from './database.ts'

export interface DocumentRow<T> {
  /** At most a second old; null when there is none. */
  load (): Promise<T | null>
  update<R> (change: DocumentChange<T, R>): Promise<R>
}

export function documentRow<T> (
  database: Database, name: string, format: DocumentFormat<T>, quarantine: Quarantine
): DocumentRow<T> {
  // Changes that wait for the row inside the database would each hold a connection.
  const oneAtATime = pLimit(1)
  const recent = createRecent(() => quarantine(() => select(database.run)))

  async function select (run: Run, lock: 'FOR UPDATE' | '' = ''): Promise<T | null> {
    const { rows } = await run<{ body: string }>(`SELECT body FROM documents WHERE name = $1 ${lock}`, [name])
    return readText(format, rows[0]?.body ?? null, { phoneHash: null, name })?.value ?? null
  }

  return {
    load: () => recent.get(),

    update: (change) => oneAtATime(() => quarantine(async () => {
      const result = await database.transaction(async (run) => {
        const before = await select(run, 'FOR UPDATE')
        const { value, result } = change(before)
        if (value !== before) await save(run, before === null, value)
        return result
      })
      recent.forget()
      return result
    }))
  }

  async function save (run: Run, isNew: boolean, value: T | null): Promise<void> {
    if (value === null) {
      await run('DELETE FROM documents WHERE name = $1', [name])
    } else if (isNew) {
      const insert = 'INSERT INTO documents (name, body) VALUES ($1, $2) ON CONFLICT DO NOTHING'
      const { rowCount } = await run(insert, [name, format.write(value)])
      if (rowCount !== 1) throw new Collision()
    } else {
      await run('UPDATE documents SET body = $2 WHERE name = $1', [name, format.write(value)])
    }
  }
}
