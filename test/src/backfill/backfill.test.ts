/** A run from its first page to its last, on both drivers, with everything that may come between. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { BackfilledPage } from '../../../schemas/backfill.ts'
import { backfillPage, NO_COUNTS, OUTCOMES, type BackfillContext } from '../../../src/backfill/backfill.ts'
import { BRIEF } from '../../../src/elevenlabs/ask.ts'
import { StorageUnavailable } from '../../../src/errors.ts'
import { createCallerIdReader } from '../../../src/phone/caller-id.ts'
import type { Store } from '../../../src/store/store.ts'
import { fakeElevenLabs } from '../../fake-elevenlabs.ts'
import { DANA_HASH } from '../../fixtures/webhooks.ts'
import { AGENT } from '../../helper.ts'
import { postgresPlace, sharedPostgres } from '../../postgres.ts'
import { callConfig, filePlace, noLearning } from '../../stored.ts'

const SINCE = 1_790_000_000
const { signal } = new AbortController()

/** Twenty-five calls of Dana's on a store, with a clock that stands an hour after the first of them. */
async function bridge (t: Test, store: Store, agentIds = [AGENT]) {
  const fake = await fakeElevenLabs(t, Array.from({ length: 25 }, (_, n) => ({ id: `conv_${n}`, startedAt: SINCE + 60 * (n + 1) })))
  const clock = { now: new Date((SINCE + 3600) * 1000) }
  const now = () => clock.now
  const ctx: BackfillContext = {
    ...fake.context,
    ...noLearning,
    config: { ...fake.context.config, ...callConfig(agentIds) },
    store,
    callerId: createCallerIdReader({ OWN_NUMBERS: [] }),
    now,
    log: { info () {}, warn () {}, error () {} }
  }
  const backfill = async (since: number | null, stop = signal, changes: Partial<BackfillContext> = {}) =>
    await backfillPage({ ...ctx, ...changes }, since, { patience: BRIEF, signal: stop })
  /** To the end of the run; resolves to all its pages. */
  const finish = async (since: number | null): Promise<BackfilledPage[]> => {
    const steps = [await backfill(since)]
    while (steps.at(-1)?.next !== null) steps.push(await backfill(null))
    return steps
  }
  const callCount = async () => {
    const { record } = await store.load(DANA_HASH)
    return record?.remember ? record.call_count : 0
  }
  return { fake, clock, backfill, finish, callCount }
}

const total = (steps: BackfilledPage[]) => Object.fromEntries(OUTCOMES.map((outcome) =>
  [outcome, steps.reduce((sum, step) => sum + step[outcome], 0)]))

/** What has to hold on every driver. */
function onAnyStore (name: string, open: (t: Test) => Promise<Store>): void {
  t.test(`${name}: a run that is cut off in the middle goes on there, and a second one changes nothing`, async (t) => {
    const store = await open(t)
    const { fake, backfill, finish, callCount } = await bridge(t, store)

    const first = await backfill(SINCE)
    t.match(first, { added: 10, since: new Date(SINCE * 1000).toISOString(), next: { since: SINCE, agent: AGENT, cursor: 'after-conv_15' } })
    fake.instead = (asked) => asked === 'get conv_9' ? { status: 500 } : null
    await t.rejects(backfill(null), { code: 'BRIDGE_ELEVENLABS_UNAVAILABLE' })
    fake.instead = () => null
    fake.asked.length = 0

    const rest = await finish(SINCE + 60)
    t.match(total(rest), { added: 11, known: 4 }, 'the page that was cut off is done again, the one before is not')
    t.match(rest[0], { since: new Date(SINCE * 1000).toISOString() }, 'the run is the older one')
    t.notOk(fake.asked.includes('get conv_20'))
    t.equal(await callCount(), 25)

    t.match(total(await finish(SINCE)), { added: 0, known: 25 })
    t.equal(await callCount(), 25)
    t.match(await backfill(null), { ...NO_COUNTS, since: null, progress: 1, next: null })
  })
}

onAnyStore('files', async (t) => await filePlace(t).open())

const server = await sharedPostgres()
onAnyStore('postgresql', async (t) => await postgresPlace(t, await server.newDatabase()).open())

t.test('it says how far it has come', async (t) => {
  const { finish, fake } = await bridge(t, await filePlace(t).open(), [AGENT, 'agent_0002'])
  fake.calls.push({ id: 'conv_b', startedAt: SINCE + 60, agent: 'agent_0002' })

  const parts = (await finish(SINCE)).map(({ progress }) => progress)

  // The oldest calls of the pages began 16, 6 and 1 minutes after the beginning, of sixty.
  t.strictSame(parts, [44 / 60 / 2, 54 / 60 / 2, 0.5, 1])
})

t.test('the place is in a document of its own, without a word of anybody\'s', async (t) => {
  const place = filePlace(t)
  const { backfill, finish } = await bridge(t, await place.open())
  await backfill(SINCE)
  const file = () => JSON.parse(readFileSync(join(place.folder, 'backfill.json'), 'utf8'))

  t.strictSame(file(), {
    version: 1,
    since: new Date(SINCE * 1000).toISOString(),
    begun_at: new Date((SINCE + 3600) * 1000).toISOString(),
    next: { since: SINCE, agent: AGENT, cursor: 'after-conv_15' },
    finished_at: null
  })
  await finish(null)
  t.match(file(), { next: null, finished_at: new Date((SINCE + 3600) * 1000).toISOString() })
})

t.test('a cursor that ElevenLabs has forgotten costs one failure, and the pages before it', async (t) => {
  const { fake, backfill, finish, callCount } = await bridge(t, await filePlace(t).open())
  await backfill(SINCE)
  fake.calls.splice(fake.calls.findIndex(({ id }) => id === 'conv_15'), 1)

  await t.rejects(backfill(SINCE), { code: 'BRIDGE_BACKFILL_PLACE_LOST', statusCode: 502 })
  t.match(total(await finish(SINCE)), { known: 9, added: 15 })
  t.equal(await callCount(), 25)
})

t.test('a wrong key costs nothing of the place', async (t) => {
  const { fake, backfill, finish } = await bridge(t, await filePlace(t).open())
  await backfill(SINCE)
  fake.instead = () => ({ status: 401 })
  await t.rejects(backfill(null), { code: 'BRIDGE_ELEVENLABS_REFUSED' })
  fake.instead = () => null

  t.match(total(await finish(null)), { known: 0, added: 15 })
})

t.test('a run whose first page failed can be gone on with', async (t) => {
  const { fake, backfill, finish } = await bridge(t, await filePlace(t).open())
  fake.instead = () => ({ status: 500 })
  await t.rejects(backfill(SINCE), { code: 'BRIDGE_ELEVENLABS_UNAVAILABLE' })
  fake.instead = () => null

  t.match(total(await finish(null)), { added: 25 })
})

t.test('calls that came while a run was broken off are fetched, too', async (t) => {
  const { fake, clock, backfill, finish, callCount } = await bridge(t, await filePlace(t).open())
  await backfill(SINCE)
  clock.now = new Date(clock.now.getTime() + 5 * 3600 * 1000)
  fake.calls.push({ id: 'conv_new', startedAt: SINCE + 3 * 3600 })

  const steps = await finish(SINCE)

  t.match(total(steps), { added: 16, known: 25 })
  t.equal(await callCount(), 26)
})

t.test('two at once do no harm', async (t) => {
  const { fake, finish, callCount } = await bridge(t, await filePlace(t).open())

  await Promise.all([finish(SINCE), finish(SINCE)])

  t.equal(await callCount(), 25)
  t.ok(fake.queries.length <= 6)
})

t.test('a stop and a storage that fails leave the place as it is', async (t) => {
  const store = await filePlace(t).open()
  const { backfill, finish } = await bridge(t, store)
  await backfill(SINCE)

  const stopped = AbortSignal.abort()
  await t.rejects(backfill(null, stopped), { name: 'AbortError' })
  const broken = { ...store, update: async () => { throw new StorageUnavailable() } }
  await t.rejects(backfill(null, signal, { store: broken }), { code: 'BRIDGE_STORAGE_UNAVAILABLE' })

  t.match(total(await finish(null)), { known: 0, added: 15 })
})
