/** How the prompt tells when something is so: "on Tuesday 1 December (said as 'next Tuesday')". */
import type { Fact, OpenItem } from '../../schemas/caller-record.ts'

type Dated = Pick<Fact, 'text' | 'valid_from' | 'valid_until' | 'said_as'>

/** With the days in place of the words for them, or at the end. */
export function withDays (
  text: string, { valid_from: from, valid_until: until, said_as: said }: Dated, timeZone: string
): string {
  if (from === undefined) return text
  const days = daysOf(from, until, timeZone)
  if (said === undefined || !text.includes(said)) return `${text} (${days})`
  // A preposition may stand in the words or before them.
  return text.replace(said, () => `${days} (said as '${said}')`).replace(/\bon on\b/, 'on')
}

/** "due Tuesday 1 December", or "overdue since …"; empty without a day. */
export function dueOn (
  { valid_from: from, valid_until: until }: Pick<OpenItem, 'valid_from' | 'valid_until'>, now: string, timeZone: string
): string {
  if (from === undefined) return ''
  const last = until === undefined ? from : lastMoment(until)
  return until !== undefined && until <= now ? `overdue since ${day(last, timeZone)}` : `due ${day(last, timeZone)}`
}

function daysOf (from: string, until: string | undefined, timeZone: string): string {
  const first = day(from, timeZone)
  const last = until === undefined ? first : day(lastMoment(until), timeZone)
  return first === last ? `on ${first}` : `from ${first} to ${last}`
}

/** `valid_until` is when the last day ends. */
function lastMoment (until: string): string {
  return new Date(Date.parse(until) - 1).toISOString()
}

/** A cache: making a format takes as long as a hundred dates. */
const formats = new Map<string, Intl.DateTimeFormat>()

/** Such as `Tuesday 1 December`. */
function day (instant: string, timeZone: string): string {
  const format = formats.get(timeZone) ??
    new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'long', day: 'numeric', month: 'long' })
  formats.set(timeZone, format)
  return format.format(Date.parse(instant)).replace(',', '')
}
