/** Days and dates, as the prompt and the tools tell them. */
import type { Fact, OpenItem } from '../../schemas/caller-record.ts'
import { DAY_MS } from '../time.ts'

/** As `toISOString` writes it, on a day that every month has, so that it is surely valid. */
const PLAIN_INSTANT = /^[1-9]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/

const QUARTER_MS = 15 * 60_000

/** Such as `Sunday, 22 November 2026`, for today's date. In every time zone, a day begins with a quarter of an hour. */
export function longDate (instant: string, timeZone: string): string {
  const formats = formatsOf(timeZone)
  const ms = Date.parse(instant)
  const quarter = Math.floor(ms / QUARTER_MS)
  if (formats.today.quarter !== quarter) formats.today = { quarter, text: formats.long(ms).replace(' ', ', ') }
  return formats.today.text
}

/** Such as `2026-11-22`: for every date in the memory block except today's. */
export function calendarDate (instant: string, timeZone: string): string {
  // UTC is the default, and this takes a twentieth of the time.
  if (timeZone === 'UTC' && PLAIN_INSTANT.test(instant)) return instant.slice(0, 10)
  return formatsOf(timeZone).short(Date.parse(instant))
}

/** Calendar days since 1970-01-01. */
export function dayNumber (instant: string, timeZone: string): number {
  return Date.parse(calendarDate(instant, timeZone)) / DAY_MS
}

/** Calendar days: 1 is yesterday, however few hours ago. */
export function daysBetween (earlier: string, later: string, timeZone: string): number {
  return dayNumber(later, timeZone) - dayNumber(earlier, timeZone)
}

/** In words to speak from: `today`, `last Tuesday`, `on 12 May`, and the year if it is another one. */
export function whenSaid (instant: string, now: string, timeZone: string): string {
  const days = daysBetween(instant, now, timeZone)
  const [weekday, day, month, year] = formatsOf(timeZone).long(Date.parse(instant)).split(' ')
  if (days === 0) return 'today'
  if (days === 1) return 'yesterday'
  if (days > 1 && days < 7) return `last ${weekday}`
  return `on ${day} ${month}${calendarDate(now, timeZone).startsWith(`${year}-`) ? '' : ` ${year}`}`
}

type Dated = Pick<Fact, 'text' | 'valid_from' | 'valid_until' | 'said_as'>

/** With the days in place of the words for them, or at the end: "on Tuesday 1 December (said as 'next Tuesday')". */
export function withDays (
  text: string, { valid_from: from, valid_until: until, said_as: said }: Dated, timeZone: string
): string {
  if (from === undefined) return text
  const [first, last] = [weekdayAndDate(from, timeZone), lastDay(from, until, timeZone)]
  const days = first === last ? `on ${first}` : `from ${first} to ${last}`
  if (said === undefined || !text.includes(said)) return `${text} (${days})`
  // A preposition may stand in the words or before them.
  return text.replace(said, () => `${days} (said as '${said}')`).replace(/\bon on\b/, 'on')
}

/** "due Tuesday 1 December", or "overdue since …"; empty without a day. */
export function dueOn (
  { valid_from: from, valid_until: until }: Pick<OpenItem, 'valid_from' | 'valid_until'>, now: string, timeZone: string
): string {
  if (from === undefined) return ''
  return `${until !== undefined && until <= now ? 'overdue since' : 'due'} ${lastDay(from, until, timeZone)}`
}

/** `valid_until` is when the last day ends. */
function lastDay (from: string, until: string | undefined, timeZone: string): string {
  return weekdayAndDate(until === undefined ? from : new Date(Date.parse(until) - 1).toISOString(), timeZone)
}

/** Such as `Tuesday 1 December`. */
function weekdayAndDate (instant: string, timeZone: string): string {
  return formatsOf(timeZone).long(Date.parse(instant)).replace(/ \d+$/, '')
}

interface Formats extends Record<'long' | 'short', (ms: number) => string> {
  /** What was asked for last. */
  today: { quarter: number, text: string }
}

/** A cache: making a format takes as long as a hundred dates, and each holds memory that the collector cannot see. */
const formats = new Map<string, Formats>()

function formatsOf (timeZone: string): Formats {
  const cached = formats.get(timeZone)
  if (cached !== undefined) return cached
  const { format } = new Intl.DateTimeFormat('en-GB', {
    timeZone, weekday: 'long', day: 'numeric', month: 'long', year: 'numeric'
  })
  const made: Formats = {
    today: { quarter: NaN, text: '' },
    // Whether there is a comma depends on the version of Node.
    long: (ms: number) => format(ms).replace(',', ''),
    short: new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format
  }
  formats.set(timeZone, made)
  return made
}
