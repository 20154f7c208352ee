import type { Call, CallerRecord, Fact } from '../../schemas/caller-record.ts'
import { DAY_MS } from '../../src/time.ts'
import { createRandom } from '../random.ts'
import { hashOf, newCall } from '../people.ts'

const FACTS = 10
const CALLS = 10

const NAMES = ['Dana', 'Yusuf', 'Marie-Claire', "Sinéad O'Connor", 'Jürgen', 'Nguyen Thi Lan', 'Olu', 'Ada']
const WISHES = [
  'prefers', 'asked twice for', 'does not want', 'is waiting for',
  'recommended', 'always orders', 'cannot use', 'once returned'
]
const THINGS = [
  'deliveries in the morning', 'the large box with the blue lid', 'a call back on weekdays', 'an invoice by post',
  'the vegetarian menu', 'a table by the window', 'the spare key', 'a second pair'
]
const REASONS = [
  'because of the dog', 'since moving to the new flat', 'as the lift is out of order', 'while the neighbours are away',
  'for the children', 'on account of an allergy', 'until the end of the year', 'as agreed with the manager'
]

/** Facts have about 80 characters, summaries about 150. The record is the same for the same `n` and `now`. */
export function recordOf (n: number, now: Date): CallerRecord {
  const random = createRandom(n + 1)
  const choose = (choices: readonly string[]) => random.pick(choices)!
  const daysAgo = (days: number) => new Date(now.getTime() - days * DAY_MS - random.below(DAY_MS)).toISOString()
  const sentence = (topic: string) => `${topic} ${choose(WISHES)} ${choose(THINGS)} ${choose(REASONS)}`

  const facts = Array.from({ length: FACTS }, (_, index): Fact => {
    const at = daysAgo(3 * (FACTS - index))
    return {
      id: uuid(random.hex(32)),
      // The topic makes the facts of one caller differ, because an exact repeat would not be stored twice.
      text: sentence(`On topic ${'abcdefghij'[index]} the caller`),
      source: 'operator',
      evidence: null,
      pinned: index === 0,
      created_at: at,
      updated_at: at,
      expires_at: null,
      superseded_by: null
    }
  })
  const calls = Array.from({ length: CALLS }, (_, index): Call => {
    const { conversationId, callSid } = newCall(n, random)
    const startedAt = daysAgo(3 * (CALLS - index))
    const seconds = 20 + random.below(300)
    return {
      number: index + 1,
      conversation_id: conversationId,
      call_sid: callSid,
      direction: 'inbound',
      started_at: startedAt,
      ended_at: new Date(Date.parse(startedAt) + seconds * 1000).toISOString(),
      duration_secs: seconds,
      status: 'done',
      failure_reason: null,
      title: `The caller ${choose(WISHES)} something`,
      summary: `${sentence('The caller')}. ` +
        `In the end they ${choose(WISHES)} ${choose(THINGS)}, and were thanked for it.`
    }
  })
  return {
    version: 1,
    phone_hash: hashOf(n),
    session_id: uuid(random.hex(32)),
    caller_name: choose(NAMES),
    language: 'en',
    remember: true,
    created_at: calls[0]!.started_at,
    first_seen: calls[0]!.started_at,
    last_seen: calls.at(-1)!.started_at,
    call_count: CALLS,
    facts,
    notes: [],
    calls,
    folded_calls: []
  }
}

function uuid (hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20)].join('-')
}
