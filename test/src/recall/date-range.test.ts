import t from 'tap'
import { dayNumber } from '../../../src/prompt/dates.ts'
import { dateRanges } from '../../../src/recall/date-range.ts'
import { loadLanguage } from '../../../src/language/languages.ts'

const day = (date: string) => dayNumber(date, 'UTC')

/** A Friday. */
const today = day('2026-11-27')

const cases: [code: string, question: string, ...ranges: [from: string, to: string][]][] = [
  ['en', 'what did she say yesterday', ['2026-11-26', '2026-11-26']],
  ['en', 'last week', ['2026-11-17', '2026-11-23']],
  ['en', 'two weeks ago', ['2026-11-10', '2026-11-16']],
  ['en', 'last month', ['2026-10-01', '2026-10-31']],
  ['en', 'last year', ['2025-01-01', '2025-12-31']],
  ['en', 'on Monday', ['2026-11-23', '2026-11-23']],
  ['en', 'in May', ['2026-05-01', '2026-05-31']],
  ['en', 'in February 2024', ['2024-02-01', '2024-02-29']],
  ['en', 'on December 3', ['2025-12-03', '2025-12-03']],
  ['en', 'from May to July', ['2026-05-01', '2026-07-31']],
  ['en', 'on 3 May 2026 or in June', ['2026-05-03', '2026-05-03'], ['2026-06-01', '2026-06-30']],
  ['en', 'call me at five'],
  ['en', 'the second order'],
  ['de', 'letzte Woche', ['2026-11-17', '2026-11-23']],
  ['de', 'am 3. Mai', ['2026-05-03', '2026-05-03']],
  ['es', 'ayer', ['2026-11-26', '2026-11-26']],
  ['es', 'en mayo', ['2026-05-01', '2026-05-31']]
]

for (const [code, question, ...ranges] of cases) {
  t.test(`${code}: ${question}`, async (t) => {
    const found = dateRanges(question, today, await loadLanguage(code))
    t.strictSame(found, ranges.map(([from, to]) => ({ from: day(from), to: day(to) })))
  })
}
