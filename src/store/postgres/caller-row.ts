import type { ErasureMark, StoredCaller } from '../../../schemas/caller-record.ts'
import { callerFrom, type Caller } from '../../caller/caller.ts'
import type { ReadDocument } from '../document-format.ts'
import type { Formats } from '../formats.ts'
import { readText, purgeQuarantine } from './quarantine.ts'
import { Collision, type Run } from './database.ts'

export const CALLER_COLUMNS = 'phone_hash, record, mark'

export interface CallerRow {
  phone_hash: string
  record: string | null
  mark: string | null
}

/** All null when there is no row. */
export interface ReadCaller {
  phoneHash: string
  row: CallerRow | null
  record: ReadDocument<StoredCaller> | null
  mark: ReadDocument<ErasureMark> | null
  caller: Caller
}

/** @throws {DamagedDocument} only call it within a `Quarantine` */
export function readRow (formats: Formats, phoneHash: string, row: CallerRow | null): ReadCaller {
  const record = readText(formats.record(phoneHash), row?.record ?? null, { phoneHash, column: 'record' })
  const mark = readText(formats.mark(phoneHash), row?.mark ?? null, { phoneHash, column: 'mark' })
  return { phoneHash, row, record, mark, caller: callerFrom(record?.value ?? null, mark?.value.erased_at ?? null) }
}

/** @throws {DamagedDocument} only call it within a `Quarantine` */
export async function selectCaller (
  run: Run, formats: Formats, phoneHash: string, lock: 'FOR UPDATE' | '' = ''
): Promise<ReadCaller> {
  const query = `SELECT ${CALLER_COLUMNS} FROM callers WHERE phone_hash = $1 ${lock}`
  const { rows } = await run<CallerRow>(query, [phoneHash])
  return readRow(formats, phoneHash, rows[0] ?? null)
}

/** @throws {Collision} there was no row to lock, and another transaction has inserted one since */
export async function saveCaller (
  run: Run, formats: Formats, before: ReadCaller, { record, erasedAt }: Caller
): Promise<void> {
  const { phoneHash, row } = before
  const isKept = record === (before.record?.value ?? null)
  const isMarkKept = erasedAt === (before.mark?.value.erased_at ?? null)
  if (isKept && isMarkKept) return

  const recordText = isKept ? row?.record ?? null : textOrNull(record, formats.record(phoneHash))
  const mark = erasedAt === null ? null : { phone_hash: phoneHash, erased_at: erasedAt }
  const markText = isMarkKept ? row?.mark ?? null : textOrNull(mark, formats.mark(phoneHash))
  if (row === null) {
    const insert = 'INSERT INTO callers (phone_hash, record, mark) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING'
    const { rowCount } = await run(insert, [phoneHash, recordText, markText])
    if (rowCount !== 1) throw new Collision()
  } else if (recordText === null && markText === null) {
    await run('DELETE FROM callers WHERE phone_hash = $1', [phoneHash])
  } else {
    await run('UPDATE callers SET record = $2, mark = $3 WHERE phone_hash = $1', [phoneHash, recordText, markText])
  }
  if (!isMarkKept && erasedAt !== null) await purgeQuarantine(run, phoneHash)
}

function textOrNull<T> (value: T | null, format: { write: (value: T) => string }): string | null {
  return value === null ? null : format.write(value)
}
