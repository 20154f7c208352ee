/** What the agent's tools leave in a record besides facts: a line per use, and wishes to be forgotten. */
import type { CallerRecord, ForgetWish, ToolCall } from '../../schemas/caller-record.ts'
import { withCallChanged } from './calls.ts'

/** Kept with a call, the newest. */
export const MAX_TOOL_CALLS = 30

export const MAX_FORGET_WISHES = 20

/** The same record if the call is not kept in full. */
export function withToolCall (record: CallerRecord, callNumber: number, toolCall: ToolCall): CallerRecord {
  return withCallChanged(record, callNumber, (call) =>
    ({ ...call, tools: [...call.tools ?? [], toolCall].slice(-MAX_TOOL_CALLS) }))
}

/** The same record if the conversation has asked for it before. */
export function withForgetWish (record: CallerRecord, wish: ForgetWish): CallerRecord {
  const { forget_wishes: wishes = [] } = record
  const isKnown = wishes.some((each) =>
    each.conversation_id === wish.conversation_id && each.fact_id === wish.fact_id)
  return isKnown ? record : { ...record, forget_wishes: [...wishes, wish].slice(-MAX_FORGET_WISHES) }
}

export function withoutForgetWishes ({ forget_wishes: _, ...record }: CallerRecord): CallerRecord {
  return record
}
