/** What the bridge has seen of calls since it was started, in memory. */
import type { CallFacts, Refusals } from '../../schemas/status.ts'
import { fieldsOf, textOf, type Fields } from '../json.ts'
import type { EndedCall } from '../calls/call-end.ts'
import type { CallStartOutcome, StartedCall } from '../calls/call-start.ts'

type NeutralOutcome = Exclude<CallStartOutcome, 'new' | 'returning'>

export type CallWatch = ReturnType<typeof createCallWatch>

/** Conversation ids of `memory-bridge simulate` begin with this: such calls prove nothing about ElevenLabs. */
export const SIMULATED_CALL = 'conv_simulated_'

/** The user agent with which `connect` and `doctor` try whether a webhook takes their secrets. It is not counted. */
export const PROBE_AGENT = 'memory-bridge-probe'

const DAY_MS = 24 * 60 * 60_000

/** Calls may take long, and their analysis comes after them. */
const CALL_END_MS = 60 * 60_000

/** Beyond it, the oldest calls without an end are forgotten. */
const MAX_OPEN_CALLS = 10_000

interface OpenCall {
  atMs: number
  callSid: string | null
}

export function createCallWatch (now: () => Date) {
  const seen = { starts: 0, ends: 0, foreignStarts: 0, unrecorded: 0 }
  const last: Record<'start' | 'end' | 'foreignStart' | 'waiting', string | null> =
    { start: null, end: null, foreignStart: null, waiting: null }
  const neutral = new Map<NeutralOutcome, number>()
  const refused = { personalize: NO_REFUSALS, post_call: NO_REFUSALS }
  /** Oldest first. */
  const open = new Map<string, OpenCall>()
  const keyOfSid = new Map<string, string>()

  function forget (key: string): void {
    const sid = open.get(key)?.callSid ?? null
    if (sid !== null) keyOfSid.delete(sid)
    open.delete(key)
  }

  function remember (key: string, call: OpenCall): void {
    if (open.size >= MAX_OPEN_CALLS) forget(open.keys().next().value!)
    open.set(key, call)
    if (call.callSid !== null) keyOfSid.set(call.callSid, key)
  }

  return {
    started (body: Fields, { outcome, callSid }: Pick<StartedCall, 'outcome' | 'callSid'>): void {
      const conversationId = textOf(body, 'conversation_id')
      if (conversationId?.startsWith(SIMULATED_CALL) === true) return
      const clock = now()
      const at = clock.toISOString()
      if (outcome !== 'new' && outcome !== 'returning') neutral.set(outcome, (neutral.get(outcome) ?? 0) + 1)
      if (outcome === 'foreign-agent') {
        seen.foreignStarts++
        last.foreignStart = at
        return
      }
      seen.starts++
      last.start = at
      last.waiting ??= at
      const key = conversationId ?? callSid
      // Without an id, no call end can be matched. A repeated call start is the same call.
      if (key !== null && !open.has(key)) remember(key, { atMs: clock.getTime(), callSid })
    },

    ended (envelope: Fields, { outcome, callSid }: Pick<EndedCall, 'outcome' | 'callSid'>): void {
      const conversationId = textOf(fieldsOf(envelope, 'data'), 'conversation_id')
      if (outcome === 'ignored' || outcome === 'foreign-agent') return
      if (conversationId?.startsWith(SIMULATED_CALL) === true) return
      seen.ends++
      last.end = now().toISOString()
      last.waiting = null
      if (conversationId !== null) forget(conversationId)
      if (callSid !== null) forget(keyOfSid.get(callSid) ?? callSid)
    },

    /** A request with a wrong secret or signature. */
    refused (webhook: keyof CallFacts['refused'], reason: string): void {
      const requests = refused[webhook].requests + 1
      refused[webhook] = { requests, last_at: now().toISOString(), last_reason: reason }
    },

    /** A call start that got a response but was not recorded. Its call end adds it. */
    unrecorded (): void {
      seen.unrecorded++
    },

    facts (): CallFacts {
      const nowMs = now().getTime()
      const ages = [...open.values()].map(({ atMs }) => nowMs - atMs)
      return {
        starts: seen.starts,
        last_start_at: last.start,
        ends: seen.ends,
        last_end_at: last.end,
        waiting_since: last.waiting,
        without_end: ages.filter((ms) => ms >= CALL_END_MS && ms < DAY_MS).length,
        foreign_starts: seen.foreignStarts,
        last_foreign_start_at: last.foreignStart,
        neutral: [...neutral].map(([outcome, calls]) => ({ outcome, calls })).sort((a, b) => b.calls - a.calls),
        refused: { ...refused },
        unrecorded: seen.unrecorded
      }
    }
  }
}

const NO_REFUSALS: Refusals = { requests: 0, last_at: null, last_reason: null }
