import t, { type Test } from 'tap'
import { backfillAtStart } from '../../../src/backfill/at-start.ts'
import { createCallerIdReader } from '../../../src/phone/caller-id.ts'
import { fakeElevenLabs, type FakeAnswer, type FakeCall } from '../../fake-elevenlabs.ts'
import { AGENT } from '../../helper.ts'
import { callConfig, filePlace, noLearning } from '../../stored.ts'

const NOW = new Date('2026-11-22T09:30:00.000Z')
const WEEK_AGO = NOW.getTime() / 1000 - 7 * 24 * 60 * 60
const CALLS = Array.from({ length: 25 }, (_, n) => ({ id: `conv_${n}`, startedAt: WEEK_AGO + n + 1 }))
const BUSY = { status: 429 }

/** What was asked for, waited and logged. Each try of a page takes the next answer; null is what the API would say. */
async function run (t: Test, calls: FakeCall[], lists: Array<FakeAnswer | null> = [], stop = new AbortController()) {
  const fake = await fakeElevenLabs(t, calls)
  fake.instead = (asked) => asked.startsWith('list') ? lists.shift() : null
  const pauses: number[] = []
  const lines: Array<[level: string, fields: object, message: string]> = []
  const log = (level: string) => (fields: object, message: string) => { lines.push([level, fields, message]) }
  await backfillAtStart({
    ...fake.context,
    ...noLearning,
    config: { ...fake.context.config, ...callConfig([AGENT]) },
    store: await filePlace(t).open(),
    callerId: createCallerIdReader({ OWN_NUMBERS: [] }),
    now: () => NOW,
    log: { info: log('info'), warn: log('warn'), error: log('error') }
  }, stop.signal, async (ms) => { pauses.push(ms) })
  return { fake, pauses, lines }
}

t.test('fetches the last seven days page by page, with a rest between, and logs the counts', async (t) => {
  const early = { id: 'conv_early', startedAt: WEEK_AGO - 1 }
  const { fake, pauses, lines } = await run(t, [...CALLS, early, { id: 'conv_now', startedAt: WEEK_AGO + 50, status: 'in-progress' }])

  t.strictSame(fake.queries.map((query) => Number(query.get('call_start_after_unix'))), Array(3).fill(WEEK_AGO))
  t.notOk(fake.asked.includes('get conv_early'))
  t.strictSame(pauses, [1000, 1000])
  t.strictSame(lines, [['info', { added: 25, known: 0, skipped: 0, unfinished: 1, failed: 0 }, 'missed calls were fetched']])
})

t.test('warns of calls that could not be read', async (t) => {
  const { lines } = await run(t, [{ id: 'conv_1', startedAt: WEEK_AGO + 1, isGone: true }])
  t.match(lines, [['warn', { conversation: 'conv_1' }], ['warn', { failed: 1 }, 'missed calls were fetched']])
})

t.test('tries again later when something fails', async (t) => {
  const busy = Array<FakeAnswer>(5).fill(BUSY)
  const { pauses, lines } = await run(t, CALLS, [...busy, null, ...busy, null, null])

  t.strictSame(pauses, [600_000, 1000, 600_000, 1000])
  t.match(lines, [
    ['error', { err: { code: 'BRIDGE_ELEVENLABS_UNAVAILABLE' } }, /in ten minutes/], ['error', {}], ['info', { added: 25, known: 0 }]
  ])
})

t.test('gives up when a setting is wrong', async (t) => {
  const { pauses, lines } = await run(t, CALLS, [{ status: 401 }])
  t.strictSame(pauses, [])
  t.match(lines, [['error', { err: { message: /check ELEVENLABS_API_KEY/ } }, /cannot be fetched/]])
})

t.test('a stop is no failure', async (t) => {
  const stop = new AbortController()
  const fake: FakeCall = { id: 'conv_1', startedAt: WEEK_AGO + 1, change: () => { stop.abort() } }
  const { lines } = await run(t, [fake, ...CALLS], [], stop)
  t.strictSame(lines, [])
})
