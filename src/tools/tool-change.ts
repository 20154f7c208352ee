/** What every tool has in common: whose memory it is, what is off limits, and the line that stays with the call. */
import type { Call, CallerRecord, ToolCall } from '../../schemas/caller-record.ts'
import { activeRecord, hasOptedOut, type Caller, type Change } from '../caller/caller.ts'
import { findCall, isInFull, recordCallStart } from '../caller/calls.ts'
import { withoutOldFacts } from '../caller/facts.ts'
import { withWordsOfLostFacts } from '../caller/told.ts'
import { withToolCall } from '../caller/tool-calls.ts'
import { isForgotten } from '../learning/forgotten.ts'
import { forgottenSince } from '../learning/settled-by-tools.ts'
import type { CallerToken } from './caller-token.ts'
import type { ToolName } from './definitions.ts'

/** For the log, and for the line in the record; docs/tools.md says what each means. */
export type ToolOutcome =
  | 'found' | 'nothing' | 'added' | 'repeated' | 'pending' | 'corrected' | 'forgotten' | 'question' | 'unknown'
  | 'refused' | 'no-room' | 'asked' | 'wished' | 'erased' | 'nobody' | 'unavailable'

export interface ToolResult {
  /** What the agent is told: a sentence or two to speak from. */
  result: string
  outcome: ToolOutcome
  /** Of what was found or changed. */
  ids: string[]
}

export interface ToolUse {
  tool: ToolName
  token: CallerToken & { phoneHash: string }
  /** What the tool was given, as it may be stored. */
  words: string
  /** The session id, if the record is new. */
  newId: string
  /** ISO 8601. */
  now: string
  ms: number
}

/** What a tool does with a record. `call` is null if the call is not kept in full. */
export type ToolWork = (record: CallerRecord, call: Call | null) => ToolResult & { record: CallerRecord }

/** What happened that no line can be kept of, because nothing is kept. */
export const NOBODY: ToolResult = {
  result: 'Nothing is on file about this caller, and nothing can be kept.', outcome: 'nobody', ids: []
}

export const WISHED: ToolResult = {
  result: 'The caller asked to have everything deleted, and a colleague will see to it. Nothing is looked up or ' +
    'noted in this call any more.',
  outcome: 'wished',
  ids: []
}

/** Whether the token names nobody any more: its caller was erased since, or opted out. */
export function isNobodys (caller: Caller, { issuedAt }: CallerToken): boolean {
  return hasOptedOut(caller) || (caller.erasedAt !== null && issuedAt <= caller.erasedAt)
}

/** Whether everything was asked to be forgotten in this call: each use of a tool since then says so again. */
export function hasWished (call: Call | null): boolean {
  return call?.tools?.some(({ outcome }) => outcome === 'wished') === true
}

export function callOf (record: CallerRecord, { ids }: CallerToken): Call | null {
  const call = findCall(record, ids)
  return call !== undefined && isInFull(call) ? call : null
}

/** A call whose start was lost is added. Only `mayBegin` makes a record for somebody who has none. */
export function toolChange (use: ToolUse, mayBegin: boolean, work: ToolWork): Change<ToolResult> {
  const { token, tool, now, ms } = use
  const { phoneHash, ids } = token
  const hasIds = ids.conversationId !== null || ids.callSid !== null
  const begin = recordCallStart({ phoneHash, newId: use.newId, now }, ids, 'inbound')
  return (before) => {
    if (isNobodys(before, token)) return { caller: before, result: NOBODY }
    const known = activeRecord(before)
    if (known === null && !mayBegin) return { caller: before, result: NOBODY }
    const caller = hasIds || known === null ? begin(before).caller : before
    const stored = activeRecord(caller)
    if (stored === null) return { caller: before, result: NOBODY }
    const call = callOf(stored, token)
    const { record: changed, ...done } = hasWished(call) ? { record: stored, ...WISHED } : work(stored, call)
    const trimmed = withoutOldFacts(changed, now)
    const record = trimmed === changed ? changed : withWordsOfLostFacts(changed, trimmed)
    const forgotten = call === null ? [] : forgottenSince(record, call.started_at)
    const hasWords = !['forgotten', 'asked', 'wished'].includes(done.outcome) && !isForgotten(use.words, forgotten)
    const ids = done.ids.slice(0, MAX_IDS)
    const line: ToolCall = { tool, at: now, ms, outcome: done.outcome, ids, ...(hasWords ? { words: use.words } : {}) }
    const kept = call === null ? record : withToolCall(record, call.number, line)
    return { caller: { ...caller, record: kept }, result: done }
  }
}

/** As in the record's schema. */
const MAX_IDS = 20
