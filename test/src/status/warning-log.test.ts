import t from 'tap'
import { createWarningLog } from '../../../src/status/warning-log.ts'
import type { Warning } from '../../../src/status/warning.ts'

const NOW = new Date('2026-11-22T09:30:00.000Z')
const HOUR = 3600_000

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
