import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { activeRecord, type Caller, type Change } from '../../../src/caller/caller.ts'
import { MAX_FAILURES } from '../../../src/learning/circuit-breaker.ts'
import { loadLanguage } from '../../../src/language/languages.ts'
import { createMeanings, QUESTION_MS } from '../../../src/recall/meanings.ts'
import { MAX_QUESTION_CHARS, search } from '../../../src/recall/ranking.ts'
import { storedVectors } from '../../../src/recall/record-vectors.ts'
import { createRecallIndexes } from '../../../src/tools/recall-indexes.ts'
import { startEmbeddings, until } from '../../fake-embeddings.ts'
import { at, callerHash, fact } from '../../stored.ts'

const PATIENCE_MS = 20_000
/** By then it would have happened. */
const AWHILE_MS = 500
const english = await loadLanguage('en')
const HASH = callerHash(1)

/** Meanings over a store in memory; `store.writes` counts. */
async function started (t: Test, texts: string[], { questionMs = PATIENCE_MS, model = 'small' } = {}) {
  const fake = await startEmbeddings(t)
  const callers = new Map<string, Caller>()
  const stop = new AbortController()
  const lines: Array<{ level: string, fields: object, message: string }> = []
  const clock = { ms: Date.parse(at(60)) }
  const logAt = (level: string) => (fields: object, message: string) => { lines.push({ level, fields, message }) }
  const none: Caller = { record: null, erasedAt: null }
  const store = {
    writes: 0,
    load: async (phoneHash: string) => callers.get(phoneHash) ?? none,
    async update<T> (phoneHash: string, change: Change<T>) {
      store.writes++
      const { caller, result } = change(callers.get(phoneHash) ?? none)
      callers.set(phoneHash, caller)
      return result
    }
  }
  for (const text of texts) await store.update(HASH, fact(HASH, text))
  store.writes = 0
  const parts = { baseUrl: fake.url, apiKey: undefined, store, now: () => new Date(clock.ms), log: { info: logAt('info'), warn: logAt('warn'), error: logAt('error') }, questionMs }
  const meanings = createMeanings({ ...parts, model }, stop.signal)
  const running = meanings.run()
  t.teardown(async () => {
    stop.abort()
    await running
  })
  const record = () => activeRecord(callers.get(HASH) ?? none)!
  const made = async (phoneHash = HASH) => {
    meanings.lookAt(phoneHash)
    await until(() => storedVectors(record()).size === record().facts.length)
  }
  const found = async (question: string, using = meanings) => {
    const index = await createRecallIndexes('UTC').of(record(), english, at(60))
    const byWords = search(index, question, at(60))
    const rerank = await using.rerankingFor(record(), question)
    return (rerank === null ? byWords : rerank(index, byWords)).map(({ item }) => item.text)
  }
  return { fake, store, callers, stop, running, lines, clock, parts, meanings, record, made, found }
}

t.test('a paraphrase is found once there are vectors, and not before', async (t) => {
  const { fake, meanings, made, found, record } = await started(t, ['Owns a hound', 'Likes tea'])
  t.strictSame(await found('Which animals?'), [])
  t.equal(await meanings.rerankingFor(record(), 'Which animals?'), null)
  t.strictSame(fake.texts(), [], 'there is nothing to compare a question with')

  await made()

  t.strictSame(await found('Which animals?'), ['Owns a hound'])
  t.strictSame(await found('Where was the wedding?'), [])
  t.strictSame(fake.texts(), ['Owns a hound', 'Likes tea', 'Which animals?', 'Where was the wedding?'])
})

t.test('only what has no vector is sent, in batches, and one write stores all', async (t) => {
  const { fake, store, made, meanings } = await started(t, Array.from({ length: 40 }, (_, n) => `Fact number ${n}`))
  await made()
  t.strictSame(fake.requests.map(({ body }) => body.input.length), [16, 16, 8])
  t.equal(store.writes, 1)

  await store.update(HASH, fact(HASH, 'One more'))
  await made()
  meanings.lookAt(HASH)
  await sleep(AWHILE_MS)

  t.equal(fake.texts().at(-1), 'One more')
  t.equal(fake.texts().length, 41)
  t.equal(store.writes, 3)
})

t.test('a caller who is nobody, or was erased meanwhile, gets nothing', async (t) => {
  const { fake, store, callers, meanings, lines } = await started(t, ['Owns a hound'])
  const optedOut = (phoneHash: string): Caller =>
    ({ record: { phone_hash: phoneHash, remember: false }, erasedAt: null })
  callers.set(callerHash(3), optedOut(callerHash(3)))
  meanings.lookAt(callerHash(2))
  meanings.lookAt(callerHash(3))
  for (const after of [optedOut(HASH), { record: null, erasedAt: at(30) }]) {
    const before = callers.get(HASH)!
    const writes = store.writes
    fake.trouble = () => {
      callers.set(HASH, after)
      return null
    }
    meanings.lookAt(HASH)
    await until(() => store.writes > writes)
    t.strictSame(callers, new Map([[HASH, after], [callerHash(3), optedOut(callerHash(3))]]))
    callers.set(HASH, before)
  }
  t.strictSame(fake.texts(), ['Owns a hound', 'Owns a hound'])
  t.strictSame(lines, [])
})

t.test('a question that gets an error or nonsense is answered by words, and that is logged once', async (t) => {
  const { fake, made, found, lines, clock, meanings } = await started(t, ['Owns a hound', 'Likes tea'])
  await made()
  const reached = { circuit: 'closed', failing_since: null }
  t.strictSame(meanings.health(), { callers_waiting: 0, records: reached, questions: reached })
  const troubles = ['reset', { status: 500 }, { status: 200, body: { data: [{ embedding: [] }] } }] as const
  t.equal(troubles.length, MAX_FAILURES)
  for (const trouble of troubles) {
    fake.trouble = trouble
    t.strictSame(await found('animals and tea'), ['Likes tea'])
  }
  const asked = fake.requests.length
  t.strictSame(lines, [{
    level: 'warn',
    fields: { model: 'small', reason: 'its answer is not one vector for each text' },
    message: 'questions get no vector in time: recall compares words only for now'
  }])

  await found('animals and tea')
  t.equal(fake.requests.length, asked, 'nobody is asked for a while')
  t.strictSame(meanings.health(), { callers_waiting: 0, records: reached, questions: { circuit: 'open', failing_since: at(60) } })
  clock.ms += 60_000
  fake.trouble = null
  t.strictSame((await found('animals and tea')).sort(), ['Likes tea', 'Owns a hound'])
  t.match(lines.slice(1), [{ level: 'info', message: 'the embeddings model can be used again' }])
})

t.test('a question whose vector does not come in time is answered by words', async (t) => {
  const { fake, made, found, lines } = await started(t, ['Owns a hound', 'Likes tea'], { questionMs: 20 })
  await made()
  fake.trouble = 'hang'
  for (let n = 0; n < MAX_FAILURES; n++) t.strictSame(await found('animals and tea'), ['Likes tea'])
  t.match(lines, [{ level: 'warn', fields: { reason: 'it did not respond within 0.02 seconds' } }])
})

t.test('the time for a question is what docs/tools.md says', async (t) => t.equal(QUESTION_MS, 400))

t.test('long questions are cut, and too many callers do not wait', async (t) => {
  const { fake, made, found, meanings } = await started(t, ['Owns a hound'])
  await made()
  await found('animals '.repeat(1000))
  t.equal(fake.texts().at(-1)!.length, MAX_QUESTION_CHARS)
  for (let n = 0; n < 10_005; n++) meanings.lookAt(String(n))
  t.equal(meanings.health().callers_waiting, 10_000)
})

t.test('a vector of another length is compared with nothing', async (t) => {
  const { fake, made, found } = await started(t, ['Owns a hound', 'Likes tea'])
  await made()
  fake.trouble = { status: 200, body: { data: [{ embedding: [1, 2, 3] }] } }
  t.strictSame(await found('animals and tea'), ['Likes tea'])
})

t.test('a bug is logged, and words are compared', async (t) => {
  const { parts, store, made, found, lines, stop } = await started(t, ['Owns a hound', 'Likes tea'])
  await made()
  const broken = createMeanings({ ...parts, model: 'small', apiKey: 'no header: \u2603' }, stop.signal)
  t.strictSame(await found('animals and tea', broken), ['Likes tea'])
  t.match(lines, [{ level: 'error', message: 'a question could not get a vector' }])
  void broken.run()
  await store.update(HASH, fact(HASH, 'One more'))
  broken.lookAt(HASH)
  await until(() => lines.length > 1)
  t.match(lines[1], { level: 'error', message: 'vectors of a caller could not be stored' })
})

t.test('what could be made is stored, and the rest is made with the next occasion', async (t) => {
  const { fake, store, meanings, made, record, lines } = await started(t, Array.from({ length: 20 }, (_, n) => `Fact number ${n}`))
  fake.trouble = ({ body }) => body.input.length < 16 ? { status: 503 } : null
  meanings.lookAt(HASH)
  await until(() => store.writes === 1)
  t.equal(storedVectors(record()).size, 16)
  t.strictSame(lines, [], 'one failure is no news')

  fake.trouble = null
  await made()
  t.equal(storedVectors(record()).size, 20)
})

t.test('while the endpoint is down, callers are not tried one by one', async (t) => {
  const { fake, store, callers, meanings, lines } = await started(t, ['Owns a hound'])
  for (let n = 2; n < 20; n++) await store.update(callerHash(n), fact(callerHash(n), 'Likes tea'))
  fake.trouble = 'reset'
  for (const phoneHash of callers.keys()) meanings.lookAt(phoneHash)
  t.equal(meanings.health().callers_waiting, 19)
  await until(() => lines.length > 0)
  await sleep(AWHILE_MS)
  t.equal(fake.requests.length, MAX_FAILURES)
  t.match(meanings.health(), { callers_waiting: 0, records: { circuit: 'open', failing_since: at(60) } })
  t.strictSame(lines.map(({ level, message }) => [level, message]), [['warn', 'the vectors of what is stored cannot be made for now']])
})

t.test('a storage that cannot be used is logged, and ends nothing', async (t) => {
  const { store, meanings, made, lines } = await started(t, ['Owns a hound'])
  const { load } = store
  store.load = async () => { throw new Error('the disk is gone') }
  meanings.lookAt(HASH)
  await until(() => lines.length > 0)
  t.match(lines, [{ level: 'error', fields: { caller: HASH.slice(0, 8) }, message: 'vectors of a caller could not be stored' }])
  store.load = load
  await made()
})

t.test('a stop ends a request that hangs, and writes nothing', async (t) => {
  const { fake, store, callers, stop, running, meanings, lines } = await started(t, Array.from({ length: 20 }, (_, n) => `Fact number ${n}`))
  callers.set(callerHash(2), callers.get(HASH)!)
  fake.trouble = ({ body }) => body.input.length < 16 ? 'hang' : null
  meanings.lookAt(HASH)
  meanings.lookAt(callerHash(2))
  await until(() => fake.requests.length === 2)
  stop.abort()
  await running
  t.equal(store.writes, 0)
  t.equal(fake.requests.length, 2)
  t.strictSame(lines, [])
})
