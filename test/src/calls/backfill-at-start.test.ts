import t from 'tap'
import { backfillAtStart } from '../../../src/calls/backfill-at-start.ts'
import { NO_COUNTS } from '../../../src/calls/backfill.ts'
import type { BackfillStep } from '../../../src/calls/backfiller.ts'
import { ElevenLabsRefused, ElevenLabsUnavailable } from '../../../src/errors.ts'

const NOW = new Date('2026-11-22T09:30:00.000Z')
const WEEK_AGO = NOW.getTime() / 1000 - 7 * 24 * 60 * 60
const place = { since: 1, agent: 'agent_a', cursor: null }

/** What is fetched page by page, or thrown; then what was asked for, waited and logged. */
async function run (pages: Array<Partial<BackfillStep> | Error>, stop = new AbortController()) {
  const asked: Array<number | null> = []
  const pauses: number[] = []
  const lines: Array<[level: string, fields: Record<string, unknown>, message: string]> = []
  const log = (level: string) => (fields: object, message: string) => {
    lines.push([
      level,
      fields as Record<string, unknown>,
      message
    ])
  }
  await backfillAtStart({
    backfill: async (since) => {
      asked.push(since)
      const page = pages.shift()
      if (page === undefined) stop.abort()
      if (page === undefined || page instanceof Error) throw page ?? new Error('stopped')
      return { counts: NO_COUNTS, since: null, progress: 0, next: place, ...page }
    },
    now: () => NOW,
    log: { info: log('info'), warn: log('warn'), error: log('error') },
    pause: async (ms) => { pauses.push(ms) }
  }, stop.signal)
  return { asked, pauses, lines }
}

t.test('fetches the last seven days page by page, with a rest between, and logs the counts', async (t) => {
  const { asked, pauses, lines } = await run([
    { counts: { ...NO_COUNTS, added: 2, known: 8 } }, {
      counts: { ...NO_COUNTS, added: 1, skipped: 1, unfinished: 1 }
    }, { next: null }
  ])

  t.strictSame(asked, [WEEK_AGO, null, null])
  t.strictSame(pauses, [1000, 1000])
  t.strictSame(lines, [['info', { added: 3, known: 8, skipped: 1, unfinished: 1, failed: 0 }, 'missed calls were fetched']])
})

t.test('warns of calls that could not be read', async (t) => {
  const { lines } = await run([{ counts: { ...NO_COUNTS, failed: 1 }, next: null }])
  t.match(lines, [['warn', { failed: 1 }]])
})

t.test('tries again later when something fails', async (t) => {
  const busy = new ElevenLabsUnavailable('it answered 429')
  const { asked, pauses, lines } = await run([busy, {}, busy, { next: null }])

  t.strictSame(asked, [WEEK_AGO, WEEK_AGO, null, null])
  t.strictSame(pauses, [600_000, 1000, 600_000])
  t.match(lines.map(([level]) => level), ['error', 'error', 'info'])
})

t.test('gives up when a setting is wrong', async (t) => {
  const { pauses, lines } = await run([new ElevenLabsRefused('check ELEVENLABS_API_KEY')])
  t.strictSame(pauses, [])
  t.match(lines, [['error', { err: { message: 'check ELEVENLABS_API_KEY' } }, /cannot be fetched/]])
})

t.test('a stop is no failure', async (t) => {
  const { lines } = await run([{}])
  t.strictSame(lines, [])
})
