import t from 'tap'
import type { Warning } from '../../../schemas/status.ts'
import { callWarnings, createWarningLog, jobWarnings, modelWarnings } from '../../../src/status/warnings.ts'

const NOW = new Date('2026-11-22T09:30:00.000Z')
const ago = (ms: number) => new Date(NOW.getTime() - ms).toISOString()
const HOUR = 3600_000

t.test('warns of calls that', async (t) => {
  const cases: Array<[what: string, calls: Parameters<typeof callWarnings>[0], codes: string[]]> = [
    ['are fine', { starts: 1, foreign_starts: 9, waiting_since: null }, []],
    ['are none', { starts: 0, foreign_starts: 0, waiting_since: null }, []],
    ['are two foreign ones', { starts: 0, foreign_starts: 2, waiting_since: null }, []],
    ['are all foreign', { starts: 0, foreign_starts: 3, waiting_since: null }, ['foreign_agents_only']],
    ['have waited for their end for less than a day', { starts: 1, foreign_starts: 0, waiting_since: ago(24 * HOUR - 1) }, []],
    ['have waited for a day', { starts: 1, foreign_starts: 0, waiting_since: ago(24 * HOUR) }, ['no_call_ends']]
  ]
  for (const [what, calls, codes] of cases) t.strictSame(callWarnings(calls, NOW).map(({ code }) => code), codes, what)
})

t.test('warns of a model that has failed for an hour, and of failed jobs', async (t) => {
  t.strictSame(modelWarnings(null, NOW), [])
  t.strictSame(modelWarnings(ago(HOUR - 1), NOW), [])
  t.match(modelWarnings(ago(HOUR), NOW), [{ code: 'model_failing', message: /since 2026-11-22T08:30:00\.000Z/ }])
  t.strictSame(jobWarnings(0), [])
  t.match(jobWarnings(1), [{ message: 'One call could not be learnt from.' }])
  t.match(jobWarnings(7), [{ code: 'learning_failed', message: '7 calls could not be learnt from.' }])
})

t.test('the log has a warning once a day, and says when it is over', async (t) => {
  const lines: Array<[level: string, fields: object, message: string]> = []
  const look = createWarningLog({
    info: (fields, message) => lines.push(['info', fields, message]), warn: (fields, message) => lines.push(['warn', fields, message])
  })
  const warning: Warning = { code: 'no_call_ends', message: 'No end.', remedy: 'Look.' }
  const at = (ms: number) => new Date(NOW.getTime() + ms)

  look([], NOW)
  look([warning], NOW)
  look([warning], at(24 * HOUR - 1))
  t.strictSame(lines, [['warn', { code: 'no_call_ends' }, 'No end. Look.']])

  look([warning], at(24 * HOUR))
  look([], at(25 * HOUR))
  look([], at(26 * HOUR))
  look([warning], at(27 * HOUR))
  t.strictSame(lines.slice(1).map(([level, , message]) => [level, message]), [
    ['warn', 'No end. Look.'], ['info', 'a warning is over'], ['warn', 'No end. Look.']
  ])
})
