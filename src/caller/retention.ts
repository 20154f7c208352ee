import type { CallerRecord, Sweep, SweepPlan } from '../../schemas/caller-record.ts'
import { DAY_MS, earlier, later } from '../time.ts'
import { activeRecord, type Change } from './caller.ts'
import { dropErasureMark, erase } from './profile.ts'
import { withWordsOfLostFacts } from './told.ts'

/** Settings. Without days for callers, facts and notes that have ended stay, too. */
export type RetentionDays = SweepPlan['days']

/** ISO 8601. */
export interface RetentionTerms {
  now: string
  /** Times after this are ahead of the clock, which may have moved on since `now`. */
  latest: string
  /** For the marks of callers who are erased. */
  erasedAt: string
  /** Older erasure marks are dropped. */
  marksSince: string
  /** Callers last seen before it are erased. Null: nobody is, and facts and notes that have ended stay. */
  callersSince: string | null
}

/** Of one caller. Of a caller who is erased, facts and notes do not count. */
export type Expired = Pick<Sweep['counts'], 'erased' | 'facts' | 'notes' | 'marks'>

/**
 * @param now - ages count from it
 * @param clock - the current time. If this is before `now`, the clock was ahead and has been corrected. Erasure marks
 *   must not be later than `clock`, or real calls before the mark would be dropped.
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

/** An opt-out stays for ever. */
export function expire ({ now, latest, erasedAt, marksSince, callersSince }: RetentionTerms): Change<Expired> {
  return (caller) => {
    const { caller: unmarked, result: wasMarked } = dropErasureMark(marksSince)(caller)
    const nothing: Expired = { erased: 0, facts: 0, notes: 0, marks: wasMarked ? 1 : 0 }
    const stored = activeRecord(caller)
    if (stored === null || callersSince === null) return { caller: unmarked, result: nothing }

    const record = withAhead(stored, latest)
    const seen = lastSign(record, latest)
    if (seen < callersSince) {
      // With a mark from before they were last seen, a backup would bring them back.
      const { caller: erased } = erase(later(erasedAt, seen))(caller)
      return { caller: erased, result: { ...nothing, erased: 1, marks: 0 } }
    }
    const facts = withoutEnded(record.facts, now)
    const notes = withoutEnded(record.notes, now)
    const isSame = facts === record.facts && notes === record.notes
    const rest = isSame ? record : withWordsOfLostFacts(record, { ...record, facts, notes })
    return {
      caller: rest === stored ? unmarked : { ...unmarked, record: rest },
      result: {
        ...nothing, facts: record.facts.length - facts.length, notes: record.notes.length - notes.length
      }
    }
  }
}

/** The list itself when nothing has ended. */
export function withoutEnded<T extends { expires_at: string | null }> (items: T[], now: string): T[] {
  const rest = items.filter((item) => item.expires_at === null || item.expires_at > now)
  return rest.length === items.length ? items : rest
}

/**
 * A wrong clock may have left times ahead of ours. The record keeps the moment when a sweep first found one, and that
 * moment counts instead, so that the caller is neither erased early nor kept for ever. The time itself stays, because
 * it may be our clock that is wrong.
 */
function withAhead (record: CallerRecord, latest: string): CallerRecord {
  const newest = signsOf(record).reduce(later)
  const { ahead, ...rest } = record
  if (newest <= latest) return ahead === undefined ? record : rest
  if (ahead?.time === newest && ahead.found_at <= latest) return record
  return { ...record, ahead: { time: newest, found_at: latest } }
}

function lastSign (record: CallerRecord, latest: string): string {
  const found = record.ahead === undefined ? [] : [record.ahead.found_at]
  return [...signsOf(record), ...found].filter((sign) => sign <= latest).reduce(later)
}

/** `created_at` counts, too: the operator may have made the record for a caller who has not called yet. */
function signsOf ({ created_at: created, last_seen: seen, calls }: CallerRecord): [string, ...string[]] {
  return [created, ...(seen === null ? [] : [seen]), ...calls.map((call) => call.started_at)]
}
