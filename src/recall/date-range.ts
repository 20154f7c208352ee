/** The days that a question speaks of: "last week", "in May". */
import type { ParsedComponents, ParsedResult } from 'chrono-node'
import type { Language } from '../language/languages.ts'
import { DAY_MS } from '../time.ts'

/** Days since 1970, both included. */
export interface DateRange {
  from: number
  to: number
}

/** In the order of the question; empty if it has no dates that the language knows. */
export function dateRanges (question: string, today: number, language: Language): DateRange[] {
  const reference = { instant: new Date(today * DAY_MS), timezone: 'UTC' }
  return language.parseDates(question, reference).flatMap((found) => rangeOf(found, today) ?? [])
}

/** What was said lies in the past, so a date without a year is the last such date. */
function rangeOf ({ start, end }: ParsedResult, today: number): DateRange | null {
  const first = periodOf(start)
  const last = end == null ? first : periodOf(end)
  if (first === null || last === null) return null
  if (first.from <= today || start.isCertain('year')) return { from: first.from, to: last.to }
  const back = start.isCertain('month') ? 365 : 7
  return { from: first.from - back, to: last.to - back }
}

/** As long as the most exact part that was said. */
function periodOf (date: ParsedComponents): DateRange | null {
  const [year, month, day] = [date.get('year')!, date.get('month')!, date.get('day')!]
  const days = (from: number, to: number): DateRange => ({ from: from / DAY_MS, to: to / DAY_MS })
  const utc = Date.UTC
  if (date.isCertain('day')) {
    // "Two weeks ago" means no exact day.
    const around = date.tags().has('result/relativeDate') ? 3 : 0
    return days(utc(year, month - 1, day - around), utc(year, month - 1, day + around))
  }
  if (date.isCertain('weekday')) return days(utc(year, month - 1, day), utc(year, month - 1, day))
  if (date.isCertain('month')) return days(utc(year, month - 1), utc(year, month, 0))
  if (date.isCertain('year')) return days(utc(year, 0), utc(year, 11, 31))
  return null
}
