/** Who is learnt about when, with endpoints that hang, fail and come back, and a clock that a test moves. */
import { getEventListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { LearningJob } from '../../../schemas/caller-record.ts'
import { ModelAnswerSchema } from '../../../schemas/model-answer.ts'
import { activeRecord, recordToChange } from '../../../src/caller/caller.ts'
import { MAX_FAILURES } from '../../../src/learning/circuit-breaker.ts'
import { ONE_TRY } from '../../../src/elevenlabs/ask.ts'
import { getConversation } from '../../../src/elevenlabs/conversations.ts'
import { ElevenLabsUnavailable, StorageUnavailable } from '../../../src/errors.ts'
import { createEndpoints } from '../../../src/learning/endpoints.ts'
import { createLearner } from '../../../src/learning/learner.ts'
import { ModelAnswerUnusable, ModelUnavailable } from '../../../src/learning/model-errors.ts'
import { createModel, type Model } from '../../../src/learning/model.ts'
import { createCallerIdReader } from '../../../src/phone/caller-id.ts'
import type { Store } from '../../../src/store/store.ts'
import { fakeElevenLabs } from '../../fake-elevenlabs.ts'
import { testClock } from '../../fixtures/webhooks.ts'
import { postgresPlace, sharedPostgres } from '../../postgres.ts'
import { startModel } from '../../scripted-model.ts'
import { callerHash, filePlace } from '../../stored.ts'

const START = '2026-11-22T09:00:00.000Z'
const NOTHING = JSON.stringify({ operations: [], caller_name: null, language: null, open_items: [] })
const [dana, otto, zoe, ben] = [callerHash(1), callerHash(2), callerHash(3), callerHash(4)] as const

/** Ends with the signal alone. */
async function hang (signal: AbortSignal): Promise<never> {
  return await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
}

/** A job that was never tried, with one turn that names its caller. */
function jobOf (phoneHash: string, more: Partial<LearningJob> = {}): LearningJob {
  return {
    conversation_id: `conv_${phoneHash}`, state: 'waiting', tries: 0, created_at: START, due_at: START, error: null, turns: [{ number: 1, role: 'user', text: `This is ${phoneHash}.` }], ...more
  }
}

async function withJobs (store: Store, phoneHash: string, jobs: LearningJob[]): Promise<void> {
  await store.queue.schedule(phoneHash, START)
  await store.update(phoneHash, (caller) => {
    const record = recordToChange(caller, { phoneHash, newId: 'session', now: START })
    return { caller: { ...caller, record: { ...record, jobs } }, result: null }
  })
}

async function jobsOf (store: Store, phoneHash: string): Promise<LearningJob[]> {
  return activeRecord(await store.load(phoneHash))?.jobs ?? []
}

type GetConversation = Parameters<typeof createEndpoints>[2]

/** A learner at work until the test ends, and what it asked and logged. */
function learning (
  t: Test, store: Store, { model, getConversation }: { model?: Model, getConversation?: GetConversation } = {}
) {
  const clock = testClock(START)
  const stop = new AbortController()
  const lines: Array<Record<string, unknown>> = []
  const line = (level: string) => (fields: object, msg: string) => { lines.push({ level, msg, ...fields }) }
  const ctx = {
    config: { LEARN_FROM_TRANSCRIPT: true, LEARN_MIN_CONFIDENCE: 0.7, TIMEZONE: 'UTC', REDACT: 'on' as const },
    store,
    callerId: createCallerIdReader({ OWN_NUMBERS: [] }),
    redact: (text: string) => text,
    now: clock.now,
    log: { info: line('info'), warn: line('warn'), error: line('error') }
  }
  const fetch = getConversation ?? (async () => ({ transcript: [{ role: 'user', message: 'Fetched.' }] }))
  const endpoints = createEndpoints(ctx, model ?? { ask: async () => NOTHING }, fetch)
  const learner = createLearner(ctx, endpoints, stop.signal)
  const run = () => {
    const running = learner.run()
    t.teardown(async () => {
      stop.abort()
      await running
    })
    return running
  }
  /** Lets time pass, and the learner notice. */
  const pass = (seconds: number) => {
    clock.pass(seconds)
    learner.wake()
  }
  return { learner, endpoints, run, pass, stop, lines, said: (msg: RegExp) => lines.filter((each) => msg.test(String(each['msg']))) }
}

/** A store that tells when all that was due has been looked at. */
function watched (store: Store): { store: Store, idle: () => Promise<void> } {
  let busy = 0
  let isNobodyDue = false
  const { queue: work } = store
  return {
    store: {
      ...store,
      queue: {
        ...work,
        async take (...args) {
          const due = await work.take(...args)
          isNobodyDue = due === null
          if (due !== null) busy++
          return due
        },
        async complete (...args) {
          await work.complete(...args)
          busy--
        }
      }
    },
    async idle () {
      isNobodyDue = false
      await until(() => isNobodyDue && busy === 0)
    }
  }
}

/** Resolves once it is so. */
async function until (isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!await isSo()) await sleep(5)
}

const isDone = (store: Store, ...hashes: string[]) =>
  async () => (await Promise.all(hashes.map((hash) => jobsOf(store, hash)))).flat().length === 0

const server = await sharedPostgres()
const drivers: Record<string, (t: Test) => Promise<Store>> = {
  files: async (t) => await filePlace(t).open(),
  postgresql: async (t) => await postgresPlace(t, await server.newDatabase()).open()
}

for (const [driver, open] of Object.entries(drivers)) {
  t.test(`after a start waiting jobs are tried at once, failed ones are not: ${driver}`, async (t) => {
    const store = await open(t)
    const callers = Array.from({ length: 45 }, (_, n) => callerHash(n))
    for (const hash of callers) {
      await withJobs(store, hash, [
        jobOf(hash, { tries: 5, due_at: '2026-11-22T15:00:00.000Z' }), jobOf(hash, { conversation_id: 'failed', state: 'failed', tries: 6 })
      ])
      // As the process before put it off.
      await store.queue.complete((await store.queue.take(START, '2026-11-22T15:00:00.000Z'))!, '2026-11-22T15:00:00.000Z')
    }
    void learning(t, store).run()

    await until(async () => (await Promise.all(callers.map((hash) => jobsOf(store, hash)))).every((jobs) =>
      jobs.length === 1))

    t.match(await jobsOf(store, dana), [{ conversation_id: 'failed', state: 'failed', tries: 6 }])
  })

  t.test(`what a dead process had taken is tried at once by the next one: ${driver}`, async (t) => {
    const store = await open(t)
    await withJobs(store, dana, [jobOf(dana)])
    t.ok(await store.queue.take(START, '2026-11-22T09:15:00.000Z'))
    void learning(t, store).run()

    await until(isDone(store, dana))
  })
}

t.test('when storage is down at the start, it is tried again', async (t) => {
  const store = await filePlace(t).open()
  await withJobs(store, dana, [jobOf(dana, { due_at: '2026-11-22T15:00:00.000Z' })])
  let isAway = true
  const flaky: Store = {
    ...store,
    queue: {
      ...store.queue,
      list: async (...args) => {
        if (isAway) throw new StorageUnavailable()
        return await store.queue.list(...args)
      }
    }
  }
  const { run, learner, said } = learning(t, flaky)
  void run()
  await until(() => said(/could not be read/).length === 1)

  isAway = false
  learner.wake()

  await until(isDone(store, dana))
})

t.test('while ElevenLabs hangs, calls with stored turns are learnt from', async (t) => {
  const store = await filePlace(t).open()
  const waiting = Array.from({ length: 20 }, (_, n) => callerHash(100 + n))
  for (const hash of waiting) await withJobs(store, hash, [jobOf(hash, { turns: null })])
  await withJobs(store, dana, [jobOf(dana)])
  let asked = 0
  void learning(t, store, {
    getConversation: async (_id, signal) => {
      asked++
      return await hang(signal)
    }
  }).run()

  await until(isDone(store, dana))

  t.ok(asked < 8, `${asked} at once`)
})

t.test('a request to the model that hangs delays only its own caller', async (t) => {
  const store = await filePlace(t).open()
  const others = [otto, zoe, ben, ...Array.from({ length: 10 }, (_, n) => callerHash(100 + n))]
  const hanging = Array.from({ length: 4 }, (_, n) => callerHash(200 + n))
  for (const hash of [...hanging, ...others]) await withJobs(store, hash, [jobOf(hash)])
  const { run, stop } = learning(t, store, {
    model: {
      ask: async (messages, signal) => {
        return hanging.some((hash) => messages[1]!.content.includes(hash)) ? await hang(signal) : NOTHING
      }
    }
  })
  const running = run()

  await until(isDone(store, ...others))

  stop.abort()
  await running
  t.match(await jobsOf(store, hanging[0]!), [{ state: 'waiting', tries: 0 }], 'a stop does not wait for it, and counts no try')
})

t.test('requests to an endpoint that cannot be reached pause, and then one request tests it', async (t) => {
  const store = await filePlace(t).open()
  const callers = Array.from({ length: 12 }, (_, n) => callerHash(n))
  for (const hash of callers) await withJobs(store, hash, [jobOf(hash)])
  let isUp = false
  let asked = 0
  let isReleased = false
  const { store: seen, idle } = watched(store)
  const { run, learner, endpoints, pass, said } = learning(t, seen, {
    model: {
      ask: async () => {
        asked++
        if (!isUp) throw new ModelUnavailable('no answer')
        await until(() => isReleased)
        return NOTHING
      }
    }
  })
  const tries = async () =>
    (await Promise.all(callers.map((hash) => jobsOf(store, hash)))).flat().reduce((sum, job) => sum + job.tries, 0)
  void run()
  await until(() => endpoints.circuits().model === 'open')
  learner.wake()
  await idle()

  const before = asked
  t.ok(before >= MAX_FAILURES && before <= 8, `${before} were asked before it was known`)
  t.equal(await tries(), before)
  t.strictSame(endpoints.circuits(), { model: 'open', elevenlabs: 'closed' })
  t.match(endpoints.warnings(), [{ code: 'model_unreachable', message: /language model cannot be reached/, remedy: /OPENCLAW_API_BASE_URL/ }])
  const failingSince = endpoints.health().model.failing_since
  t.match(endpoints.health(), { model: { circuit: 'open', failing_since: /^2026-/ }, elevenlabs: { circuit: 'closed', failing_since: null } })
  pass(20)
  await idle()
  t.equal(asked, before, 'nobody is asked for during the pause')

  pass(10)
  await until(() => asked === before + 1)
  t.equal(endpoints.circuits().model, 'open', 'the try failed')
  t.equal(endpoints.health().model.failing_since, failingSince, 'the first failure counts')
  pass(59)
  await idle()
  t.equal(asked, before + 1, 'the pause is twice as long')

  isUp = true
  pass(1)
  await until(() => asked === before + 2)
  t.equal(endpoints.circuits().model, 'half-open')
  learner.wake()
  await sleep(50)
  t.equal(asked, before + 2, 'one request alone is the try')
  t.strictSame([said(/cannot be reached/).map(({ level, endpoint }) => [level, endpoint]), said(/can be reached again/)], [[['warn', 'model']], []])

  isReleased = true
  const done = isDone(store, ...callers)
  await until(async () => {
    pass(10)
    return await done()
  })
  t.strictSame(endpoints.circuits(), { model: 'closed', elevenlabs: 'closed' })
  t.strictSame(endpoints.warnings(), [])
  t.equal(endpoints.health().model.failing_since, null)
  t.match(said(/can be reached again/), [{ level: 'info', endpoint: 'model' }])
  t.equal(said(/cannot be reached/).length, 1, 'one line for one outage')
})

t.test('an unusable answer does not count as an outage', async (t) => {
  const store = await filePlace(t).open()
  const callers = Array.from({ length: 6 }, (_, n) => callerHash(n))
  for (const hash of callers) await withJobs(store, hash, [jobOf(hash)])
  const { run, endpoints } = learning(t, store, { model: { ask: async () => { throw new ModelAnswerUnusable('it is empty') } } })
  void run()

  await until(async () => (await Promise.all(callers.map((hash) => jobsOf(store, hash)))).flat().every(({ tries }) =>
    tries === 1))

  t.equal(endpoints.circuits().model, 'closed')
})

t.test('requests to ElevenLabs pause on their own, and turns are dropped after seven days', async (t) => {
  const store = await filePlace(t).open()
  const callers = Array.from({ length: MAX_FAILURES }, (_, n) => callerHash(100 + n))
  for (const hash of callers) await withJobs(store, hash, [jobOf(hash, { turns: null })])
  await withJobs(store, dana, [jobOf(dana, { turns: null, due_at: '2026-11-22T09:00:20.000Z' }), jobOf(dana, { conversation_id: 'at hand', due_at: '2026-11-22T09:00:20.000Z' })])
  let asked = 0
  const { run, endpoints, pass } = learning(t, store, {
    getConversation: async () => {
      asked++
      throw new ElevenLabsUnavailable('the connection failed')
    }
  })
  void run()
  await until(() => endpoints.circuits().elevenlabs === 'open')
  pass(20)

  await until(async () => (await jobsOf(store, dana)).every(({ conversation_id: id }) => id !== 'at hand'))
  t.match(endpoints.warnings(), [{ code: 'elevenlabs_unreachable' }])
  t.equal(endpoints.circuits().model, 'closed')
  t.ok(asked <= MAX_FAILURES + 1)
})

t.test('turns are dropped after seven days, even while requests to the model pause', async (t) => {
  const store = await filePlace(t).open()
  const callers = Array.from({ length: MAX_FAILURES }, (_, n) => callerHash(100 + n))
  for (const hash of callers) await withJobs(store, hash, [jobOf(hash)])
  await withJobs(store, dana, [jobOf(dana, { created_at: '2026-11-15T09:00:10.000Z' })])
  let fetched = 0
  const { store: seen, idle } = watched(store)
  const { run, learner, endpoints, pass } = learning(t, seen, {
    model: { ask: async () => { throw new ModelUnavailable('no answer') } },
    getConversation: async () => {
      fetched++
      return null
    }
  })
  void run()
  await until(() => endpoints.circuits().model === 'open')
  await withJobs(store, otto, [jobOf(otto, { turns: null, created_at: '2026-11-01T09:00:00.000Z' })])

  pass(10)

  await until(async () => (await jobsOf(store, dana))[0]?.turns === null)
  learner.wake()
  await idle()
  t.equal(endpoints.circuits().model, 'open')
  t.equal(fetched, 0, 'what cannot be read is not fetched')
})

t.test('a retry by the operator does not wait for the pause', async (t) => {
  const store = await filePlace(t).open()
  const callers = Array.from({ length: MAX_FAILURES }, (_, n) => callerHash(n))
  for (const hash of callers) await withJobs(store, hash, [jobOf(hash)])
  let isUp = false
  const { run, learner, endpoints } = learning(t, store, {
    model: {
      ask: async () => {
        if (!isUp) throw new ModelUnavailable('no answer')
        return NOTHING
      }
    }
  })
  void run()
  await until(() => endpoints.circuits().model === 'open')
  isUp = true
  const asked = callerHash(100)
  await withJobs(store, asked, [jobOf(asked)])

  endpoints.endPauses()
  learner.wake()

  await until(isDone(store, asked))
  t.equal(endpoints.circuits().model, 'closed')
})

t.test('many jobs leave no listeners and no warning of Node\'s', async (t) => {
  const warnings: Error[] = []
  const heed = (warning: Error) => { warnings.push(warning) }
  process.on('warning', heed)
  t.teardown(() => process.off('warning', heed))
  const store = await filePlace(t).open()
  const callers = Array.from({ length: 120 }, (_, n) => callerHash(n))
  const { url } = await startModel(t, () => ({ text: NOTHING }))
  const elevenLabs = await fakeElevenLabs(t, callers.map((hash) => ({ id: `conv_${hash}`, startedAt: 1_792_315_200 })))
  for (const [n, hash] of callers.entries()) {
    await withJobs(store, hash, [jobOf(hash, n % 2 === 0 ? {} : { turns: null })])
  }
  const { run, stop, pass } = learning(t, store, {
    model: createModel({ baseUrl: url, apiKey: undefined, model: 'openclaw', timeoutMs: 60_000 }, ModelAnswerSchema),
    getConversation: async (id, signal) =>
      await getConversation(elevenLabs.context, id, { patience: ONE_TRY, signal })
  })
  void run()
  let most = 0

  const done = isDone(store, ...callers)
  await until(async () => {
    most = Math.max(most, getEventListeners(stop.signal, 'abort').length)
    pass(10)
    return await done()
  })

  t.strictSame(warnings, [])
  t.ok(most <= 9, `${most} at once`)
  await until(() => getEventListeners(stop.signal, 'abort').length <= 1)
})
