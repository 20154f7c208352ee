/** What is not kept for ever: callers not seen for long, facts and notes that have ended, marks of old erasures. */
import type { CallerRecord } from '../../schemas/caller-record.ts'
import { knownRecord, type Caller, type Change } from './caller.ts'
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

export function retentionTerms (now: Date, days: RetentionDays): RetentionTerms {
  const daysAgo = (count: number) => new Date(now.getTime() - count * DAY_MS).toISOString()
  return {
    now: now.toISOString(),
    marksSince: daysAgo(days.marks),
    callersSince: days.callers === null ? null : daysAgo(days.callers)
  }
}

/** Takes from a caller what is not to be kept. An opt-out stays for ever. */
export function expire ({ now, marksSince, callersSince }: RetentionTerms): Change<Expired> {
  return (caller) => {
    const record = callersSince === null ? null : knownRecord(caller)
    if (record !== null && callersSince !== null && lastSign(record) < callersSince) {
      return { caller: erase(now)(caller).caller, result: { erased: 1, facts: 0, notes: 0, marks: 0 } }
    }
    const { caller: unmarked, result: wasMarked } = dropErasureMark(marksSince)(caller)
    const { caller: rest, facts, notes } = withoutEndedParts(unmarked, record, now)
    return { caller: rest, result: { erased: 0, facts, notes, marks: wasMarked ? 1 : 0 } }
  }
}

/** The items that have not ended; the list itself when none has. */
export function withoutEnded<T extends { expires_at: string | null }> (items: T[], now: string): T[] {
  const rest = items.filter((item) => item.expires_at === null || item.expires_at > now)
  return rest.length === items.length ? items : rest
}

/** When somebody was last seen. An operator may have prepared a record for a caller who is yet to ring, or rings again. */
function lastSign ({ created_at: created, last_seen: seen }: CallerRecord): string {
  return seen !== null && seen > created ? seen : created
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
