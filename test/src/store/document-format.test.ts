import { randomBytes } from 'node:crypto'
import t from 'tap'
import { documentFormat } from '../../../src/store/document-format.ts'
import { createSealer, type Sealer } from '../../../src/store/sealer.ts'

interface Count { count: number }

const isCount = (value: unknown): value is Count => typeof (value as Count | null | undefined)?.count === 'number'

const counter = (sealer: Sealer | null = null) => documentFormat({ name: 'count', isValid: isCount, version: 3, sealer })
const newKey = () => randomBytes(32).toString('base64')

/** One text, as it is read plain and as it is read sealed. */
function bothWays (text: string): Array<[string, () => unknown]> {
  const sealer = createSealer([newKey()])
  return [['plain', () => counter().read(text)], ['sealed', () => counter(sealer).read(sealer.seal(text, 'count'))]]
}

t.test('a plain document can be read by people, and comes back as it was', async (t) => {
  const text = counter().write({ count: 1 })

  t.equal(text, '{\n  "count": 1\n}\n')
  t.strictSame(counter().read(text), { value: { count: 1 }, isCurrent: true })
})

t.test('a sealed document says nothing, and comes back as it was', async (t) => {
  const sealed = counter(createSealer([newKey()]))
  const text = sealed.write({ count: 4711 })

  t.notMatch(text, /count|4711/)
  t.strictSame(sealed.read(text), { value: { count: 4711 }, isCurrent: true })
})

t.test('a document that would be written differently now is still read, and recognised as such', async (t) => {
  const [old, now] = [newKey(), newKey()]
  const today = counter(createSealer([now, old]))

  t.strictSame(today.read(counter().write({ count: 1 })), { value: { count: 1 }, isCurrent: false }, 'plain')
  t.strictSame(today.read(counter(createSealer([old])).write({ count: 2 })), { value: { count: 2 }, isCurrent: false }, 'sealed with an older key')
  t.strictSame(today.read(counter(createSealer([now])).write({ count: 3 })), { value: { count: 3 }, isCurrent: true })
})

t.test('a sealed document without a key is an error, not a damaged document', async (t) => {
  const text = counter(createSealer([newKey()])).write({ count: 1 })

  t.throws(() => counter().read(text), { code: 'BRIDGE_RECORD_SEALED', message: /count cannot be opened: DATA_ENCRYPTION_KEY is not set/ })
  t.throws(() => counter(createSealer([newKey()])).read(text), { code: 'BRIDGE_RECORD_SEALED' })
})

t.test('a document sealed under another name is refused', async (t) => {
  const sealer = createSealer([newKey()])
  const other = documentFormat({ name: 'other count', isValid: isCount, version: 3, sealer })

  t.throws(() => counter(sealer).read(other.write({ count: 1 })), { code: 'BRIDGE_RECORD_SEALED', statusCode: 503 })
})

t.test('a text that is not JSON, or fails its check, is damaged', async (t) => {
  for (const text of ['', '{', '\u0000\uFFFD', '[]', 'null', '4', '{"count":"one"}', '{"version":3}', '{"version":"4"}', '{"version":null}']) {
    for (const [how, read] of bothWays(text)) t.equal(read(), null, `${JSON.stringify(text)} ${how}`)
  }
})

t.test('a document of a newer version is left alone: undoing an update must not cost a memory', async (t) => {
  for (const [how, read] of bothWays('{"version":4,"counter":1}')) {
    t.throws(read, { code: 'BRIDGE_STORAGE_UNAVAILABLE', cause: { message: 'count was written by a newer version of the bridge' } }, how)
  }
})

t.test('a newer version that still fits is read', async (t) => {
  t.match(counter().read('{"version":4,"count":1}'), { value: { count: 1 } })
})

t.test('a value that could not be read back is not written', async (t) => {
  for (const sealer of [null, createSealer([newKey()])]) {
    t.throws(() => counter(sealer).write({ count: 'two' } as unknown as Count), { name: 'DocumentInvalid', message: /count would be invalid/ })
  }
})
