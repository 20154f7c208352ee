/** What the bridge has seen of calls since it was started, in memory. */
import type { CallFacts, Refusals } from '../../schemas/status.ts'
import { fieldsOf, textOf, type Fields } from '../json.ts'
import type { EndedCall } from '../calls/call-end.ts'
import type { CallStartOutcome, StartedCall } from '../calls/call-start.ts'
import { DAY_MS } from '../time.ts'

type NeutralOutcome = Exclude<CallStartOutcome, 'new' | 'returning'>

export type CallWatch = ReturnType<typeof createCallWatch>

/** Conversation ids of `memory-bridge simulate` begin with this: such calls prove nothing about ElevenLabs. */
export const SIMULATED_CALL = 'conv_simulated_'

/** The user agent with which `connect` and `doctor` try the webhooks. Not counted; only a wrong secret is logged. */
export const PROBE_AGENT = 'memory-bridge-probe'

/** Calls may take long, and their analysis comes after them. */
const CALL_END_MS = 60 * 60_000

/** Beyond it, the oldest calls without an end are forgotten. */
const MAX_OPEN_CALLS = 10_000

interface OpenCall {
  atMs: number
  callSid: string | null
}

export function createCallWatch (now: () => Date) {
  const facts: Omit<CallFacts, 'without_end' | 'neutral'> = {
    starts: 0,
    last_start_at: null,
    ends: 0,
    last_end_at: null,
    waiting_since: null,
    foreign_starts: 0,
    last_foreign_start_at: null,
    refused: { personalize: NO_REFUSALS, post_call: NO_REFUSALS },
    unrecorded: 0
  }
  const neutral = new Map<NeutralOutcome, number>()
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
        facts.foreign_starts++
        facts.last_foreign_start_at = at
        return
      }
      facts.starts++
      facts.last_start_at = at
      facts.waiting_since ??= at
      const key = conversationId ?? callSid
      // Without an id, no call end can be matched. A repeated call start is the same call.
      if (key !== null && !open.has(key)) remember(key, { atMs: clock.getTime(), callSid })
    },

    ended (envelope: Fields, { outcome, callSid }: Pick<EndedCall, 'outcome' | 'callSid'>): void {
      const conversationId = textOf(fieldsOf(envelope, 'data'), 'conversation_id')
      if (outcome === 'ignored' || outcome === 'foreign-agent') return
      if (conversationId?.startsWith(SIMULATED_CALL) === true) return
      facts.ends++
      facts.last_end_at = now().toISOString()
      facts.waiting_since = null
      if (conversationId !== null) forget(conversationId)
      if (callSid !== null) forget(keyOfSid.get(callSid) ?? callSid)
    },

    /** A request with a wrong secret or signature. */
    refused (webhook: keyof CallFacts['refused'], reason: string): void {
      const requests = facts.refused[webhook].requests + 1
      facts.refused[webhook] = { requests, last_at: now().toISOString(), last_reason: reason }
    },

    /** A call start that got a response but was not recorded. Its call end adds it. */
    unrecorded (): void {
      facts.unrecorded++
    },

    facts (): CallFacts {
      const nowMs = now().getTime()
      const ages = [...open.values()].map(({ atMs }) => nowMs - atMs)
      return {
        ...facts,
        refused: { ...facts.refused },
        without_end: ages.filter((ms) => ms >= CALL_END_MS && ms < DAY_MS).length,
        neutral: [...neutral].map(([outcome, calls]) => ({ outcome, calls })).sort((a, b) => b.calls - a.calls)
      }
    }
  }
}

const NO_REFUSALS: Refusals = { requests: 0, last_at: null, last_reason: null }
