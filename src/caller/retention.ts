/** What is not kept for ever: callers not seen for long, facts and notes that have ended, marks of old erasures. */
import type { CallerRecord } from '../../schemas/caller-record.ts'
import { earlier } from '../clock.ts'
import { activeRecord, type Caller, type Change } from './caller.ts'
import { dropErasureMark, erase } from './profile.ts'

/** What the operator set, in days. */
export interface RetentionDays {
  /** How long the mark of an erasure is kept. */
  marks: number
  /** How long a caller is kept who is not seen; null keeps everybody, and whatever is known about them. */
  callers: number | null
}

/** The same as moments, ISO 8601. */
export interface RetentionTerms {
  now: string
  /** What comes after this moment is ahead of the clock, which may have gone on since `now`. */
  latest: string
  /** The mark of whoever goes. */
  erasedAt: string
  /** Marks made before this moment go. */
  marksSince: string
  /** Callers last seen before this moment go, and of the others what has ended. Null: nothing of that. */
  callersSince: string | null
}

/** What was taken away. */
export interface Expired {
  /** Callers erased, 0 or 1. */
  erased: number
  /** Facts and notes that had ended, of callers who stay. */
  facts: number
  notes: number
  /** Marks dropped, 0 or 1. */
  marks: number
}

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * @param now - the moment from which ages are reckoned
 * @param clock - the time by now. When the clock was set back, because it was wrong, nobody must be marked as erased
 *   later than that: their calls up to then would be dropped. Default: `now`
 */
export function retentionTerms (now: Date, days: RetentionDays, clock = now): RetentionTerms {
  const daysAgo = (count: number) => new Date(now.getTime() - count * DAY_MS).toISOString()
  return {
    now: now.toISOString(),
    latest: later(now.toISOString(), clock.toISOString()),
    erasedAt: earlier(now.toISOString(), clock.toISOString()),
    marksSince: daysAgo(days.marks),
    callersSince: days.callers === null ? null : daysAgo(days.callers)
  }
}

/** Takes from a caller what is not to be kept. An opt-out stays for ever. */
export function expire ({ now, latest, erasedAt, marksSince, callersSince }: RetentionTerms): Change<Expired> {
  return (caller) => {
    const stored = callersSince === null ? null : activeRecord(caller)
    const record = stored === null ? null : withAhead(stored, latest)
    if (record !== null && callersSince !== null) {
      const seen = lastSign(record, latest)
      if (seen < callersSince) {
        // A mark from before they were last seen would let them come back from a backup.
        const { caller: erased } = erase(later(erasedAt, seen))(caller)
        return { caller: erased, result: { erased: 1, facts: 0, notes: 0, marks: 0 } }
      }
    }
    const { caller: unmarked, result: wasMarked } = dropErasureMark(marksSince)(caller)
    const met = record === stored ? unmarked : { ...unmarked, record }
    const { caller: rest, facts, notes } = withoutEndedParts(met, record, now)
    return { caller: rest, result: { erased: 0, facts, notes, marks: wasMarked ? 1 : 0 } }
  }
}

/** The items that have not ended; the list itself when none has. */
export function withoutEnded<T extends { expires_at: string | null }> (items: T[], now: string): T[] {
  const rest = items.filter((item) => item.expires_at === null || item.expires_at > now)
  return rest.length === items.length ? items : rest
}

/**
 * A record that notes when a sweep first found its newest time to be ahead of the clock, as an earlier clock that was
 * wrong leaves it. Such a time counts as the moment of that find: it erases nobody, and keeps nobody for ever. The time
 * itself stays as it is, because it may be this clock that is wrong.
 */
function withAhead (record: CallerRecord, latest: string): CallerRecord {
  const newest = signsOf(record).reduce(later)
  const { ahead, ...rest } = record
  if (newest <= latest) return ahead === undefined ? record : rest
  if (ahead?.time === newest && ahead.found_at <= latest) return record
  return { ...record, ahead: { time: newest, found_at: latest } }
}

/** When somebody was last seen, by a record that notes what is ahead. */
function lastSign (record: CallerRecord, latest: string): string {
  const found = record.ahead === undefined ? [] : [record.ahead.found_at]
  return [...signsOf(record), ...found].filter((sign) => sign <= latest).reduce(later)
}

/** An operator may have prepared a record for a caller who is yet to ring, or rings again: its making counts, too. */
function signsOf ({ created_at: created, last_seen: seen, calls }: CallerRecord): [string, ...string[]] {
  return [created, ...(seen === null ? [] : [seen]), ...calls.map((call) => call.started_at)]
}

function later (one: string, other: string): string {
  return one > other ? one : other
}

function withoutEndedParts (caller: Caller, record: CallerRecord | null, now: string) {
  if (record === null) return { caller, facts: 0, notes: 0 }
  const facts = withoutEnded(record.facts, now)
  const notes = withoutEnded(record.notes, now)
  const isSame = facts === record.facts && notes === record.notes
  return {
    caller: isSame ? caller : { ...caller, record: { ...record, facts, notes } },
    facts: record.facts.length - facts.length,
    notes: record.notes.length - notes.length
  }
}
