import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { StoredCaller } from '../../../schemas/caller-record.ts'
import { createFormats } from '../../../src/store/formats.ts'
import { NO_COUNTS } from '../../../src/store/sweep-lease.ts'
import { createSealer } from '../../../src/store/sealer.ts'
import { at, callerHash, checks, plainFormats } from '../../stored.ts'

const dana = callerHash(1)
const otto = callerHash(2)
const key = randomBytes(32).toString('base64')
const sealed = createFormats(checks, createSealer([key]))

const optedOut: StoredCaller = { phone_hash: dana, remember: false }
const notes = { version: 1 as const, notes: [{ id: 'n', text: 'grows orchids', created_at: at(0), expires_at: null }] }

t.test('records and notes are sealed, each under its own name', async (t) => {
  const record = sealed.record(dana).write(optedOut)
  const note = sealed.document('notes').write(notes)

  for (const text of [record, note]) t.notMatch(text, new RegExp(`orchids|remember|notes|${dana}`))
  t.strictSame(sealed.record(dana).read(record), { value: optedOut, isCurrent: true })
  t.strictSame(sealed.document('notes').read(note), { value: notes, isCurrent: true })
  t.throws(() => sealed.record(otto).read(record), { code: 'BRIDGE_RECORD_SEALED' })
  t.throws(() => sealed.record(dana).read(note), { code: 'BRIDGE_RECORD_SEALED' })
  t.throws(() => sealed.document('notes').read(record), { code: 'BRIDGE_RECORD_SEALED' })
})

t.test('documents that hold only hashes and times stay plain, with or without a key', async (t) => {
  const mark = { phone_hash: dana, erased_at: at(1) }
  const ownNumbers = { version: 1 as const, phone_hashes: [dana] }
  const sweep = {
    version: 1 as const,
    after: null,
    started_at: at(1),
    finished_at: null,
    claim: null,
    counts: NO_COUNTS
  }
  const keys = { version: 1 as const, seals: ['{}'] }

  t.strictSame(sealed.mark(dana).read(plainFormats.mark(dana).write(mark)), { value: mark, isCurrent: true })
  t.equal(sealed.mark(dana).write(mark), plainFormats.mark(dana).write(mark))
  t.equal(sealed.document('own-numbers').write(ownNumbers), plainFormats.document('own-numbers').write(ownNumbers))
  t.equal(sealed.document('sweep').write(sweep), plainFormats.document('sweep').write(sweep))
  t.equal(sealed.document('keys').write(keys), plainFormats.document('keys').write(keys))
})

t.test('a plain record is read with a key, and is not current', async (t) => {
  const text = plainFormats.record(dana).write(optedOut)

  t.strictSame(sealed.record(dana).read(text), { value: optedOut, isCurrent: false })
})

t.test('a sealed record whose text is another caller\'s is damaged', async (t) => {
  const text = createSealer([key]).seal(JSON.stringify(optedOut), `callers/${otto}`)

  t.equal(sealed.record(otto).read(text), null)
})

t.test('errors name a caller by eight digits', async (t) => {
  const short = new RegExp(`callers/${dana.slice(0, 8)}(?![0-9a-f])`)

  t.throws(() => plainFormats.record(dana).read(sealed.record(dana).write(optedOut)), { code: 'BRIDGE_RECORD_SEALED', message: short })
  t.throws(() => sealed.record(dana).write({ phone_hash: otto, remember: false }), { name: 'DocumentInvalid', message: short })
  t.throws(() => sealed.record(dana).read('{"version":2}'), { code: 'BRIDGE_STORAGE_UNAVAILABLE', cause: { message: short } })
})
