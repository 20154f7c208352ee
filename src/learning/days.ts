/** The days that a sentence speaks of: "tomorrow", "next Tuesday", "in two weeks", counted from the call. */
import type { ParsedComponents, ParsedResult } from 'chrono-node'
import type { Fact } from '../../schemas/caller-record.ts'
import type { FactOperation } from '../../schemas/model-answer.ts'
import { calendarDate } from '../prompt/dates.ts'
import type { ParseDates } from '../language/languages.ts'
import { DAY_MS } from '../time.ts'
import { isNumber, wordsOf } from './words.ts'

/** Calendar days such as `2026-12-01`, both included. */
export interface Days {
  from: string
  /** Null when it does not end, or was over already when it was said. */
  until: string | null
  /** As they stand in the text. */
  saidAs: string
  /** Whether the words need no second opinion: "next Tuesday", not "Tuesday", which may be every Tuesday. */
  isCertain: boolean
}

export interface Reading {
  /** From chrono-node, for the language of the call. */
  parseDates: ParseDates
  /** When the call began, ISO 8601. */
  startedAt: string
  /** IANA name. */
  timeZone: string
}

export type Validity = Pick<Fact, 'valid_from' | 'valid_until' | 'said_as'>

// chrono-node knows neither these words, nor many number words: "in fourteen days".
const AFTER_TOMORROW = /pasado mañana|après[- ]demain|depois de amanhã|overmorgen/iu
const FORTNIGHT = /in a fortnight/iu
const OFFSET = /(?<!\p{L})(?:in|en|dentro de|dans|em|daqui a|tra|fra|over) (\p{L}+(?: e \p{L}+| y \p{L}+)?|\d{1,3}) (days?|weeks?|días?|dias?|semanas?|jours?|semaines?|tage?n?|wochen?|giorn[oi]|settiman[ae]|dag(?:en)?|weken|week)(?!\p{L})/iu
const ONE = /^(?:an?|one|una?|une?|uma?|eine[rm]?|een|uno)$/i
const WEEKS = /^(?:week|sem|woche|settim|weken)/i

/** Before a day: it comes again and again. */
const EVERY = /(?:every|each|jede[nrsm]?|cada|todos? (?:los|os)|todas? (?:las|as)|todas?|chaque|tous les|toutes les|ogni|tutti i|tutte le|elke|iedere|alle|always on|siempre (?:el|los)|sempre (?:na|no|il|di)) $/iu
const USUALLY = /(?<!\p{L})(?:always|usually|every|immer|meistens|siempre|cada|toujours|chaque|sempre|ogni|altijd|meestal|elke)(?!\p{L})/iu

/** Before "mañana", "Morgen" and "morgen": the morning. */
const MORNING = /(?:la|esta|de|am|jeden|guten|de|deze|diesem) $/iu
const MORNING_WORD = /^(?:mañana|morgen)$/iu

const UNTIL = /(?<!\p{L})(?:until|till|by|hasta|jusqu['’]?(?:à|au)?|bis(?: zum)?|até(?: a| o)?|fino a(?:l)?|tot(?: en met)?)(?: (?:el|la|le|den|het|a|o))? $/iu
const SINCE = /(?<!\p{L})(?:from|starting|as of|a partir de(?:l)?|desde|dès|à partir de|ab|a partire da|dal?|vanaf)(?: (?:el|la|le|den|het))? $/iu

const NEXT = 'next|this|coming|próxim[oa]|est[ea]|nächste[nrsm]?|kommende[nrsm]?|diese[nrsm]?|prochaine?|prossim[oa]|' +
  'quest[oa]|volgende|aanstaande|komende|deze'
const HAS_NEXT = new RegExp(NEXT, 'iu')
const NEXT_BEFORE = new RegExp(`(?<!\\p{L})(?:${NEXT}) $`, 'iu')
const NEXT_AFTER = /^(?:-feira)?(?: (?:que viene|que vem|próxim[oa]|prochaine?|prossim[oa]|aanstaande))/iu

const WEEK_ONLY = /week|semana|semaine|woche|settimana/iu
const MONTH_ONLY = /month|\bmes\b|mois|monat|\bmese\b|\bmês\b|maand/iu

/** A date in figures, with its year. */
const WRITTEN = /\d{4}|\d[./-]\d/

/**
 * Null when the text names no day, more than one, or one that comes again and again. A day that lies back has no end:
 * what happened stays true.
 */
export function daysIn (text: string, reading: Reading): Days | null {
  const today = calendarDate(reading.startedAt, reading.timeZone)
  const own = ownDays(text, today)
  const reference = { instant: new Date(`${today}T12:00:00Z`), timezone: 'UTC' }
  const rest = own === null ? text : text.replace(own.saidAs, '.'.repeat(own.saidAs.length))
  const found = reading.parseDates(rest, reference, { forwardDate: true })
    .flatMap((each) => daysOf(each, rest, today) ?? [])
  const [first = null, ...others] = own === null ? found : [own, ...found]
  return others.every(({ from, until }) => from === first?.from && until === first.until) ? first : null
}

function ownDays (text: string, today: string): Days | null {
  const [afterTomorrow] = AFTER_TOMORROW.exec(text) ?? []
  if (afterTomorrow !== undefined) return oneDay(plus(today, 2), afterTomorrow)
  const [fortnight] = FORTNIGHT.exec(text) ?? []
  if (fortnight !== undefined) return oneDay(plus(today, 14), fortnight)
  const [saidAs, count = '', unit = ''] = OFFSET.exec(text) ?? []
  if (saidAs === undefined) return null
  const [number = ''] = ONE.test(count) ? ['1'] : wordsOf(count)
  return isNumber(number) ? oneDay(plus(today, Number(number) * (WEEKS.test(unit) ? 7 : 1)), saidAs) : null
}

function oneDay (day: string, saidAs: string): Days {
  return { from: day, until: day, saidAs, isCertain: true }
}

function daysOf ({ index, text: said, start, end }: ParsedResult, text: string, today: string): Days | null {
  const before = text.slice(0, index)
  if (EVERY.test(before) || MONTH_ONLY.test(said) || (MORNING_WORD.test(said) && MORNING.test(before))) return null
  if (!start.isCertain('day') && !start.isCertain('weekday')) return null
  const prefix = NEXT_BEFORE.exec(before)?.[0] ?? ''
  const suffix = NEXT_AFTER.exec(text.slice(index + said.length))?.[0] ?? ''
  const saidAs = `${prefix}${said}${suffix}`
  const isNext = prefix !== '' || suffix !== '' || HAS_NEXT.test(said)
  const isUntil = UNTIL.test(before)
  // "3 December" may be a birthday. Words that are relative to today have a year.
  const isRelative = start.isCertain('day') && start.isCertain('year') && !WRITTEN.test(said)
  const isCertain = isRelative || isUntil || (isNext && start.isCertain('weekday') && !USUALLY.test(text))
  const day = dayOf(start)
  const last = end == null ? day : dayOf(end)
  if (WEEK_ONLY.test(said) && isNext && !start.isCertain('weekday') && !/\d/.test(said)) {
    return { ...weekOf(day), saidAs, isCertain }
  }
  if (isUntil) return day < today ? null : { from: today, until: day, saidAs, isCertain }
  if (SINCE.test(before)) return { from: day, until: end == null ? null : last, saidAs, isCertain }
  return { from: day, until: last < today ? null : last, saidAs, isCertain }
}

/** Monday to Sunday. */
function weekOf (day: string): Pick<Days, 'from' | 'until'> {
  const weekday = (new Date(`${day}T12:00:00Z`).getUTCDay() + 6) % 7
  return { from: plus(day, -weekday), until: plus(day, 6 - weekday) }
}

function dayOf (date: ParsedComponents): string {
  return new Date(Date.UTC(date.get('year')!, date.get('month')! - 1, date.get('day')!)).toISOString().slice(0, 10)
}

function plus (day: string, days: number): string {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10)
}

/**
 * The days of a sentence, as they are stored. What a model claims has to agree with the words, in the sentence or else
 * in what was said.
 *
 * @param said - the turns that the sentence rests on
 * @returns null when a model claims other days than the words say
 */
export function validityOf (
  text: string, said: readonly string[], claimed: Pick<FactOperation, 'valid_from' | 'valid_until'>, reading: Reading
): Validity | null {
  const inText = daysIn(text, reading)
  const from = claimed.valid_from ?? claimed.valid_until ?? null
  if (from === null) return inText?.isCertain === true ? stored(inText, inText.saidAs, reading.timeZone) : {}
  const candidates = inText === null ? said.flatMap((turn) => daysIn(turn, reading) ?? []) : [inText]
  if (candidates.length === 0) return {}
  const meant = candidates.find((days) => days.from === from || days.until === (claimed.valid_until ?? from))
  if (meant === undefined) return null
  return stored(meant, inText?.saidAs, reading.timeZone)
}

const MAX_SAID_CHARS = 100

function stored ({ from, until }: Days, saidAs: string | undefined, timeZone: string): Validity {
  return {
    valid_from: startOfDay(from, timeZone),
    ...(until === null ? {} : { valid_until: startOfDay(plus(until, 1), timeZone) }),
    ...(saidAs === undefined || saidAs.length > MAX_SAID_CHARS ? {} : { said_as: saidAs })
  }
}

/** ISO 8601. @param day - such as `2026-12-01` */
export function startOfDay (day: string, timeZone: string): string {
  const midnight = Date.parse(`${day}T00:00:00Z`)
  const offsetAt = (ms: number) => {
    const parts = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(ms)
    return Date.parse(`${parts.replace(' ', 'T')}Z`) - ms
  }
  // The offset before a change of the clocks may not be that after it.
  const first = midnight - offsetAt(midnight)
  return new Date(midnight - offsetAt(first)).toISOString()
}
