/**
 * Which facts are told first: by when they were said last, how often, and what they are about.
 *
 * A fact loses half of its worth in {@link HALF_LIFE_DAYS}. As all facts lose it alike, their order does not depend on
 * today: it is worked out once for each list of facts, when a record was loaded or changed.
 */
import type { Fact } from '../../schemas/caller-record.ts'
import { workedOutOnce } from '../caller/caller.ts'
import { compareTimes, DAY_MS, later } from '../time.ts'
import { calendarDate } from './dates.ts'

/** Days without being said again. What follows is in half-lives, too: 1 makes up for so many days. */
const HALF_LIFE_DAYS = 60

/** Of categories that the model gives. What the operator wrote counts most; what a form collected was asked for. */
const WEIGHTS: Record<string, number> = {
  operator: 2, contact: 2, preference: 1.5, collected: 1.5, situation: 1, person: 1, history: 0.5, other: 0
}

/** Being said a second time counts as much as being 60 days newer, the fourth time as much as 120. */
const MAX_CONFIRMED = 7

export interface RankedFacts {
  /** Newest first. */
  pinned: Fact[]
  /** Most worth first. */
  others: Fact[]
}

/** Of those that can be told. Whether they are over is not looked at, because that depends on the time. */
export const rankedFacts = workedOutOnce((facts: Fact[]): RankedFacts => {
  const told = facts.filter((fact) => fact.superseded_by === null && fact.state === undefined).reverse()
  const newest = told.toSorted((a, b) => compareTimes(b.created_at, a.created_at))
  const scores = new Map(newest.map((fact) => [fact, scoreOf(fact)]))
  return {
    pinned: newest.filter((fact) => fact.pinned),
    others: newest.filter((fact) => !fact.pinned).sort((a, b) => scores.get(b)! - scores.get(a)!)
  }
})

/** In half-lives; the difference of two scores is what counts. */
export function scoreOf (fact: Fact): number {
  const days = Date.parse(lastSaid(fact)) / DAY_MS
  const said = Math.log2(1 + Math.min(fact.confirmed ?? 0, MAX_CONFIRMED))
  return days / HALF_LIFE_DAYS + said + (WEIGHTS[aboutOf(fact)] ?? 0)
}

/** In words, such as `A preference, said 3 times, last on 2026-11-22`. */
export function worthOf (fact: Fact, timeZone: string): string {
  const day = calendarDate(lastSaid(fact), timeZone)
  const times = 1 + (fact.confirmed ?? 0)
  const about = aboutOf(fact)
  if (about === 'operator') return `Written by you on ${day}`
  const what = KINDS[about]
  return times === 1 ? `${what}, on ${day}` : `${what}, said ${times} times, last on ${day}`
}

const KINDS: Record<string, string> = {
  collected: 'From your data collection',
  other: 'Said by the caller',
  contact: 'How to reach the caller',
  preference: 'A preference',
  situation: 'The caller\'s situation',
  person: 'About a person',
  history: 'What happened before'
}

function aboutOf ({ source, category = 'other' }: Fact): string {
  if (source === 'operator' || source === 'collected') return source
  return Object.hasOwn(WEIGHTS, category) ? category : 'other'
}

/** A backfill learns today what was said long ago. */
function lastSaid ({ created_at: said, updated_at: updated, confirmed = 0 }: Fact): string {
  return confirmed > 0 ? later(said, updated) : said
}
