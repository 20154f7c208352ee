/**
 * PHONE_HASH_KEY introduced on a DATA_DIR that was filled without it: wherever a number is known, its caller is found
 * again.
 */
import { createHmac } from 'node:crypto'
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { StorageUnavailable } from '../src/errors.ts'
import { DANA, DANA_HASH, neutral, OURS, postCall, ring, testClock, transcription, withoutToken } from './fixtures/webhooks.ts'
import { admin, build, folderNames } from './helper.ts'
import { filePlace, filesUnder } from './stored.ts'

const KEY = 'a-long-phone-hash-key-for-tests'
const keyed = (number: string) => createHmac('sha256', KEY).update(number).digest('hex')
const DANA_KEYED = keyed(DANA)

type App = Awaited<ReturnType<typeof build>>

// Data outlives one app here, and each app begins with a clean folder of its test: so it lies elsewhere.
const newFolder = folderNames(t)

const factsOf = async (app: App, phoneHash: string) => {
  const { status, body } = await admin(app, 'GET', `/memory/${phoneHash}`)
  return status === 404 ? null : body.facts?.map(({ text }: { text: string }) => text)
}

type Fill = (app: App) => Promise<unknown>
const filled = new Map<Fill, string>()

/** A copy of what a bridge without the key stored, `fill` told it. */
async function dataFrom (t: Test, fill: Fill): Promise<string> {
  if (!filled.has(fill)) {
    const DATA_DIR = newFolder()
    const app = await build(t, { DATA_DIR }, { now: testClock().now })
    await fill(app)
    await app.close()
    filled.set(fill, DATA_DIR)
  }
  const DATA_DIR = newFolder()
  await cp(filled.get(fill)!, DATA_DIR, { recursive: true })
  return DATA_DIR
}

/** A bridge with the key, on the data of one without it, and whether the former hash is to be found in them. */
async function introduced (t: Test, fill: Fill, env = {}) {
  const DATA_DIR = await dataFrom(t, fill)
  const clock = testClock()
  clock.pass(60)
  const app = await build(t, { DATA_DIR, PHONE_HASH_KEY: KEY, ...env }, { now: clock.now })
  const isFormerLeft = async () => [
    ...await filesUnder(DATA_DIR)
  ].some(([path, bytes]) => path.includes(DANA_HASH) || bytes.includes(DANA_HASH))
  return { app, clock, isFormerLeft, DATA_DIR }
}

const danaLikesTea = async (app: App) => {
  await admin(app, 'POST', `/memory/${DANA_HASH}`, { fact: 'likes tea' })
  await admin(app, 'PATCH', `/memory/${DANA_HASH}`, { caller_name: 'Dana' })
  await ring(app, { conversation_id: 'conv_old' })
}

const erased = async (app: App) => {
  await danaLikesTea(app)
  await admin(app, 'DELETE', `/memory/${DANA_HASH}`)
}

const optedOut = (app: App) => admin(app, 'PATCH', `/memory/${DANA_HASH}`, { remember: false })

const fileOf = (folder: string, phoneHash: string) => join(folder, 'callers', phoneHash.slice(0, 2), `${phoneHash}.json`)

const entries: Record<string, (app: App, clock: ReturnType<typeof testClock>) => Promise<unknown>> = {
  ring: (app) => ring(app, { conversation_id: 'conv_new' }),
  'post-call': async (app, clock) => await postCall(app, await transcription((data) => {
    data.metadata.start_time_unix_secs = clock.now().getTime() / 1000
    data.analysis.data_collection_results = {}
  }), clock.now()),
  lookup: (app) => admin(app, 'POST', '/callers/lookup', { phone: DANA }),
  preview: (app) => admin(app, 'POST', '/preview', { phone: DANA })
}

for (const [name, enter] of Object.entries(entries)) {
  t.test(`a ${name}`, async (t) => {
    t.test('moves the record to the keyed hash, whole and on the disk', async (t) => {
      const { app, clock, isFormerLeft } = await introduced(t, danaLikesTea)
      const { body: before } = await admin(app, 'GET', `/memory/${DANA_HASH}`)

      await enter(app, clock)

      const { body } = await admin(app, 'GET', `/memory/${DANA_KEYED}`)
      t.match(body, { ...before, phone_hash: DANA_KEYED, call_count: Number, calls: Array, last_seen: String })
      t.equal((await admin(app, 'GET', `/memory/${DANA_HASH}`)).status, 404)
      t.equal(await isFormerLeft(), false)
    })

    t.test('merges what a crash in the middle of a move left, and doubles nothing', async (t) => {
      const { app, clock, DATA_DIR, isFormerLeft } = await introduced(t, danaLikesTea)
      const { body: before } = await admin(app, 'GET', `/memory/${DANA_HASH}`)
      const calls = name === 'ring' || name === 'post-call' ? 2 : 1
      await mkdir(dirname(fileOf(DATA_DIR, DANA_KEYED)), { recursive: true })
      await writeFile(fileOf(DATA_DIR, DANA_KEYED), JSON.stringify({ ...before, phone_hash: DANA_KEYED }))

      await enter(app, clock)

      const { body } = await admin(app, 'GET', `/memory/${DANA_KEYED}`)
      t.match(
        body,
        {
          ...before,
          phone_hash: DANA_KEYED,
          facts: { length: 1 },
          calls: { length: calls },
          call_count: calls,
          last_seen: String
        }
      )
      t.equal(await isFormerLeft(), false)
    })

    t.test('finds an opt-out under the former hash', async (t) => {
      const { app, clock, isFormerLeft } = await introduced(t, optedOut)

      await enter(app, clock)

      t.strictSame((await admin(app, 'GET', `/memory/${DANA_KEYED}`)).body, { phone_hash: DANA_KEYED, remember: false })
      t.equal(await isFormerLeft(), false)
    })
  })
}

t.test('the first ring after the key came is answered from the record that was there, and goes on with its session', async (t) => {
  const { app } = await introduced(t, danaLikesTea)
  const session = (await admin(app, 'GET', `/memory/${DANA_HASH}`)).body.session_id

  const res = await ring(app, { conversation_id: 'conv_new' })

  t.match(res.json(), { dynamic_variables: { caller_name: 'Dana', session_id: session, call_count: '2' } })
  t.match(res.json().conversation_config_override.agent.prompt.prompt, /likes tea/)
  t.match(app.lines.findLast(({ msg }) => msg === 'call start'), { outcome: 'returning', caller: DANA_KEYED.slice(0, 8) })
})

t.test('rings at the same time move the record once, and each call is counted once', async (t) => {
  const { app, isFormerLeft } = await introduced(t, danaLikesTea)

  const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => ring(app, { conversation_id: `conv_${n % 20}` })))

  t.equal(new Set(answers.map((res) => res.json().user_id)).size, 1)
  t.match((await admin(app, 'GET', `/memory/${DANA_KEYED}`)).body, { call_count: 21, facts: { length: 1 } })
  t.equal(await isFormerLeft(), false)
})

t.test('a preview and a lookup count no call', async (t) => {
  const { app } = await introduced(t, danaLikesTea)

  t.match(await admin(app, 'POST', '/preview', { phone: DANA }), { status: 200, body: { caller: 'known', told: [{ why: 'caller' }, { why: 'broken-off-call' }, { text: 'likes tea' }] } })
  t.match(await admin(app, 'POST', '/callers/lookup', { phone: DANA }), { body: { phone_hash: DANA_KEYED, known: true, own_number: false } })
  t.match((await admin(app, 'GET', `/memory/${DANA_KEYED}`)).body, { call_count: 1 })
})

t.test('a post-call of before an erasure is dropped, under whichever hash the erasure was', async (t) => {
  for (const where of ['before the key', 'after the key, by the former hash', 'after the move']) {
    const { app, clock } = await introduced(t, where === 'before the key' ? erased : danaLikesTea)
    if (where === 'after the key, by the former hash') await admin(app, 'DELETE', `/memory/${DANA_HASH}`)
    if (where === 'after the move') {
      await ring(app)
      t.match(await admin(app, 'DELETE', `/memory/${DANA_KEYED}`), { body: { removed: { facts: 1, calls: 2 } } })
    }

    const res = await postCall(app, await transcription(), clock.now())

    t.equal(res.json().outcome, 'erased', where)
    t.equal(await factsOf(app, DANA_KEYED), null)
    const files = [...await filesUnder(app.config.DATA_DIR)]
    t.notMatch(files.map(([, bytes]) => bytes.toString()).join(), /likes tea/, 'nothing of the text is left')
    await app.close()
  }
})

t.test('a record that comes back under the former hash after an erasure stays erased', async (t) => {
  const { app, clock, DATA_DIR } = await introduced(t, danaLikesTea)
  const file = fileOf(DATA_DIR, DANA_HASH)
  await cp(file, `${DATA_DIR}.json`)
  await ring(app)
  await admin(app, 'DELETE', `/memory/${DANA_KEYED}`)
  await cp(`${DATA_DIR}.json`, file)
  clock.pass(60)

  const res = await ring(app)

  t.match(res.json(), { dynamic_variables: { call_count: '1', caller_memory: 'nothing on file yet' } })
  t.equal(await factsOf(app, DANA_HASH), null)
})

t.test('a record that was deleted by hand under the keyed hash does not come back', async (t) => {
  const { app, DATA_DIR } = await introduced(t, danaLikesTea)
  await ring(app, { conversation_id: 'conv_new' })
  await app.close()
  await rm(fileOf(DATA_DIR, DANA_KEYED))

  const again = await build(t, { DATA_DIR, PHONE_HASH_KEY: KEY })

  t.match((await ring(again)).json(), { dynamic_variables: { call_count: '1' } })
})

t.test('when the move fails the ring gets the neutral answer, the post-call 503, and nothing is lost', async (t) => {
  const clock = testClock()
  const store = await filePlace(t, { folder: await dataFrom(t, danaLikesTea) }).open()
  const update = store.update
  let isBroken = true
  const broken = await build(t, { PHONE_HASH_KEY: KEY }, {
    now: clock.now,
    store: {
      ...store,
      update: async (hash, change) => {
        if (isBroken) throw new StorageUnavailable()
        return await update(hash, change)
      }
    }
  })

  const res = await ring(broken)
  t.strictSame(withoutToken(res.json()), neutral(res.json().user_id))
  t.match(broken.lines.findLast(({ msg }) => msg === 'call start'), { outcome: 'failed', caller: DANA_KEYED.slice(0, 8) })
  t.equal((await postCall(broken, await transcription(), clock.now())).statusCode, 503)
  isBroken = false

  t.match((await ring(broken)).json(), { dynamic_variables: { caller_name: 'Dana', call_count: '2' } })
})

t.test('a move that hangs does not hold the answer beyond the deadline', async (t) => {
  const clock = testClock()
  const store = await filePlace(t, { folder: await dataFrom(t, danaLikesTea) }).open()
  const slow = await build(t, { PHONE_HASH_KEY: KEY, PERSONALIZE_TIMEOUT_MS: '50' }, {
    now: clock.now, store: { ...store, update: () => new Promise(() => {}) }
  })

  const res = await ring(slow)

  t.strictSame(withoutToken(res.json()), neutral(res.json().user_id))
  t.match(slow.lines.findLast(({ msg }) => msg === 'call start'), { outcome: 'timeout' })
})

t.test('the number is masked in what an operator adds, whichever hash they use', async (t) => {
  const { app } = await introduced(t, danaLikesTea)

  for (const hash of [DANA_HASH, DANA_KEYED]) {
    await admin(app, 'POST', `/memory/${hash}`, { fact: `reached at ${DANA} or 555-010-0123, by ${hash.slice(0, 4)}` })
  }
  await ring(app)

  t.strictSame((await factsOf(app, DANA_KEYED)).sort(),
    ['likes tea', ...[DANA_HASH, DANA_KEYED].map((hash) => `reached at [number] or [number], by ${hash.slice(0, 4)}`)].sort())
})

t.test('an own number that was learnt before the key is ours with it', async (t) => {
  const { app, clock, DATA_DIR } = await introduced(
    t,
    async (app) => await postCall(app, await transcription(), testClock().now())
  )
  const learned = async () => (await app.store.loadDocument('own-numbers'))?.phone_hashes
  t.not((await learned())?.[0], keyed(OURS))

  const outbound = await ring(app, { caller_id: OURS, called_number: DANA, conversation_id: 'conv_2' })
  t.match(await admin(app, 'POST', '/callers/lookup', { phone: OURS }), { body: { own_number: true } })
  t.match(await admin(app, 'POST', '/preview', { phone: OURS }), { body: { caller: 'no-number' } })
  await postCall(app, await transcription(), clock.now())

  t.equal(outbound.json().dynamic_variables.call_count, '2', 'Dana is who was called')
  t.strictSame(await learned(), [keyed(OURS)])
  t.equal([...(await filesUnder(DATA_DIR)).keys()].filter((path) => path.startsWith('callers')).length, 1)
})

t.test('a record under an own number is reported, whichever hash it is under', async (t) => {
  const former = (await build(t)).callerId.identify(OURS)
  const legacyHash = former.kind === 'phone' ? former.phoneHash : ''
  const stored = async (app: App) => await admin(app, 'POST', `/memory/${legacyHash}`, { fact: 'mixed' })
  const reports = (app: App) => app.lines.filter(({ msg }) => /our own numbers/.test(String(msg))).map(({ caller }) => caller)

  const { app: learning, clock } = await introduced(t, stored)
  await postCall(learning, await transcription(), clock.now())
  t.strictSame(reports(learning), [legacyHash.slice(0, 8)], 'by a signed post-call')
  await learning.close()

  const { app: starting } = await introduced(t, stored, { OWN_NUMBERS: OURS })
  await starting.ready()
  await starting.close()
  t.strictSame(reports(starting), [legacyHash.slice(0, 8)], 'at start')
})
