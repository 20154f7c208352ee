/** What a call's report says without any language model: the call itself, collected data, and the work that is left for a model. */
import type { Turn } from '../../schemas/caller-record.ts'
import type { Caller, Change, Context } from '../caller/caller.ts'
import { activeRecord } from '../caller/caller.ts'
import { recordCallEnd, findCall, isInFull, isLatest, type CallEnd, type CallEndOutcome } from '../caller/calls.ts'
import { withJob } from '../caller/learning-jobs.ts'
import { withLearntProfile, type LearntProfile } from '../caller/profile.ts'
import { addLearnt, type Learnt } from './learnt-facts.ts'

/** A call as its report tells it, ready to be stored. */
export interface CallReport extends CallEnd {
  /** What ElevenLabs' data collection found, as facts. */
  collected: Learnt[]
  profile: LearntProfile
  /** What is to be learnt from; null when nothing is, or nobody spoke. */
  turns: Turn[] | null
}

/** Takes a report in. A call that is reported again changes nothing. */
export function applyReport (context: Context, report: CallReport): Change<CallEndOutcome> {
  const end = recordCallEnd(context, report)
  return (caller) => {
    const ended = end(caller)
    const record = activeRecord(ended.caller)
    if (record === null || (ended.result !== 'closed' && ended.result !== 'added')) return ended

    const facts = report.collected.reduce((all, learnt) => addLearnt(all, learnt, { now: context.now, isSure: true }).facts, record.facts)
    const { ids: { conversationId }, turns } = report
    const learnt = withLearntProfile({ ...record, facts }, report.profile, isLatest(record, conversationId))
    const isToLearn = conversationId !== null && turns !== null && !isLearnt(caller, report)
    return { caller: { ...ended.caller, record: isToLearn ? withJob(learnt, conversationId, turns, context.now) : learnt }, result: ended.result }
  }
}

function isLearnt (caller: Caller, { ids }: CallReport): boolean {
  const record = activeRecord(caller)
  const call = record === null ? undefined : findCall(record, ids)
  return call !== undefined && (!isInFull(call) || call.learnt_at != null)
}
