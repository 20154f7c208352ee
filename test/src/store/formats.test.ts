import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { StoredCaller } from '../../../schemas/caller-record.ts'
import { createFormats, documentFormat } from '../../../src/store/formats.ts'
import { NO_COUNTS } from '../../../src/store/sweep-lease.ts'
import { createSealer, type Sealer } from '../../../src/store/sealer.ts'
import { at, callerHash, checks, plainFormats } from '../../stored.ts'

const dana = callerHash(1)
const otto = callerHash(2)
const key = randomBytes(32).toString('base64')
const sealed = createFormats(checks, createSealer([key]))

const optedOut: StoredCaller = { phone_hash: dana, remember: false }
const notes = { version: 1 as const, notes: [{ id: 'n', text: 'grows orchids', created_at: at(0), expires_at: null }] }

t.test('records and notes are sealed, each under its own name', async (t) => {
  const record = sealed.record(dana).write(optedOut).join('')
  const note = sealed.document('notes').write(notes).join('')

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

  t.strictSame(sealed.mark(dana).read(plainFormats.mark(dana).write(mark).join('')), { value: mark, isCurrent: true })
  t.equal(sealed.mark(dana).write(mark).join(''), plainFormats.mark(dana).write(mark).join(''))
  t.equal(sealed.document('own-numbers').write(ownNumbers).join(''), plainFormats.document('own-numbers').write(ownNumbers).join(''))
  t.equal(sealed.document('sweep').write(sweep).join(''), plainFormats.document('sweep').write(sweep).join(''))
  t.equal(sealed.document('keys').write(keys).join(''), plainFormats.document('keys').write(keys).join(''))
})

t.test('a plain record is read with a key, and is not current', async (t) => {
  const text = plainFormats.record(dana).write(optedOut).join('')

  t.strictSame(sealed.record(dana).read(text), { value: optedOut, isCurrent: false })
})

t.test('a long list is written anew when one of it is replaced', async (t) => {
  const isAny = (value: unknown): value is object => typeof value === 'object'
  const { write } = documentFormat('any', isAny, null)
  const long = { text: 'x'.repeat(5000) }
  const written = (calls: object[]) => JSON.parse(write({ calls }).join('')) as unknown

  for (let n = 0; n < 2; n++) t.strictSame(written([long, { n }]), { calls: [long, { n }] })
  t.strictSame(written([{ ...long, n: 3 }, long]), { calls: [{ ...long, n: 3 }, long] })
  const many = Array.from({ length: 60 }, (_, n) => ({ n }))
  t.strictSame(written(many), { calls: many })
  t.strictSame(written(many.with(7, { n: 70 })), { calls: many.with(7, { n: 70 }) })
})

t.test('a sealed record whose text is another caller\'s is damaged', async (t) => {
  const text = createSealer([key]).seal(JSON.stringify(optedOut), `callers/${otto}`)

  t.equal(sealed.record(otto).read(text), null)
})

t.test('errors name a caller by eight digits', async (t) => {
  const short = new RegExp(`callers/${dana.slice(0, 8)}(?![0-9a-f])`)

  t.throws(() => plainFormats.record(dana).read(sealed.record(dana).write(optedOut).join('')), { code: 'BRIDGE_RECORD_SEALED', message: short })
  t.throws(() => sealed.record(dana).write({ phone_hash: otto, remember: false }), { name: 'DocumentInvalid', message: short })
  t.throws(() => sealed.record(dana).read('{"version":2}'), { code: 'BRIDGE_STORAGE_UNAVAILABLE', cause: { message: short } })
})

interface Count { count: number }

const isCount = (value: unknown): value is Count => typeof (value as Count | null | undefined)?.count === 'number'

const counter = (sealer: Sealer | null = null) => documentFormat('count', isCount, sealer)
const newKey = () => randomBytes(32).toString('base64')

/** One text, as it is read plain and as it is read sealed. */
function bothWays (text: string): Array<[string, () => unknown]> {
  const sealer = createSealer([newKey()])
  return [['plain', () => counter().read(text)], ['sealed', () => counter(sealer).read(sealer.seal(text, 'count'))]]
}

t.test('a plain document can be read by people, and comes back as it was', async (t) => {
  const text = counter().write({ count: 1 }).join('')

  t.equal(text, '{\n  "count": 1\n}\n')
  t.strictSame(counter().read(text), { value: { count: 1 }, isCurrent: true })
})

t.test('a sealed document says nothing, and comes back as it was', async (t) => {
  const sealed = counter(createSealer([newKey()]))
  const text = sealed.write({ count: 4711 }).join('')

  t.notMatch(text, /count|4711/)
  t.strictSame(sealed.read(text), { value: { count: 4711 }, isCurrent: true })
})

t.test('a document that would be written differently now is still read, and recognised as such', async (t) => {
  const [old, now] = [newKey(), newKey()]
  const today = counter(createSealer([now, old]))

  t.strictSame(today.read(counter().write({ count: 1 }).join('')), { value: { count: 1 }, isCurrent: false }, 'plain')
  t.strictSame(today.read(counter(createSealer([old])).write({ count: 2 }).join('')), { value: { count: 2 }, isCurrent: false }, 'sealed with an older key')
  t.strictSame(today.read(counter(createSealer([now])).write({ count: 3 }).join('')), { value: { count: 3 }, isCurrent: true })
})

t.test('a sealed document without a key is an error, not a damaged document', async (t) => {
  const text = counter(createSealer([newKey()])).write({ count: 1 }).join('')

  t.throws(() => counter().read(text), { code: 'BRIDGE_RECORD_SEALED', message: /count cannot be opened: DATA_ENCRYPTION_KEY is not set/ })
  t.throws(() => counter(createSealer([newKey()])).read(text), { code: 'BRIDGE_RECORD_SEALED' })
})

t.test('a document sealed under another name is refused', async (t) => {
  const sealer = createSealer([newKey()])
  const other = documentFormat('other count', isCount, sealer)

  t.throws(() => counter(sealer).read(other.write({ count: 1 }).join('')), { code: 'BRIDGE_RECORD_SEALED', statusCode: 503 })
})

t.test('a text that is not JSON, or fails its check, is damaged', async (t) => {
  for (const text of ['', '{', '\u0000\uFFFD', '[]', 'null', '4', '{"count":"one"}', '{"version":1}', '{"version":"2"}', '{"version":null}']) {
    for (const [how, read] of bothWays(text)) t.equal(read(), null, `${JSON.stringify(text)} ${how}`)
  }
})

t.test('a document of a newer version is left alone: undoing an update must not cost a memory', async (t) => {
  for (const [how, read] of bothWays('{"version":2,"counter":1}')) {
    t.throws(read, { code: 'BRIDGE_STORAGE_UNAVAILABLE', cause: { message: 'count was written by a newer version of the bridge' } }, how)
  }
})

t.test('a newer version that still fits is read', async (t) => {
  t.match(counter().read('{"version":2,"count":1}'), { value: { count: 1 } })
})

t.test('plain JSON has a line for each fact, so that it can be edited by hand', async (t) => {
  const isAny = (_value: unknown): _value is unknown => true
  const value = { name: 'Gr\u00fc\u00dfe \u2028 "\n', none: [], nothing: {}, left: undefined, zero: 0, no: null, facts: [{ text: 'a', ids: [1] }, { text: 'b' }], about: { a: [1, 2], b: 2 } }
  const format = documentFormat('any', isAny, null)
  const text = format.write(value).join('')

  t.equal(text, `{
  "name": ${JSON.stringify(value.name)},
  "none": [],
  "nothing": {},
  "zero": 0,
  "no": null,
  "facts": [
    {"text":"a","ids":[1]},
    {"text":"b"}
  ],
  "about": {
    "a": [1,2],
    "b": 2
  }
}
`)
  for (const any of [value, [], [1, { a: [] }], {}, null, 'text']) t.strictSame(JSON.parse(format.write(any).join('')), JSON.parse(JSON.stringify(any)))
})

t.test('a value that could not be read back is not written', async (t) => {
  for (const sealer of [null, createSealer([newKey()])]) {
    t.throws(() => counter(sealer).write({ count: 'two' } as unknown as Count), { name: 'DocumentInvalid', message: /count would be invalid/ })
  }
})
