/** What a call's report says without any language model: the call itself, collected data, and the work that is left for a model. */
import type { Turn } from '../../schemas/caller-record.ts'
import type { Caller, Change, Context } from '../caller/caller.ts'
import { knownRecord } from '../caller/caller.ts'
import { endCall, findCall, isInFull, isLatest, type CallEnd, type EndOutcome } from '../caller/calls.ts'
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
export function takeReport (context: Context, report: CallReport): Change<EndOutcome> {
  const end = endCall(context, report)
  return (caller) => {
    const ended = end(caller)
    const record = knownRecord(ended.caller)
    if (record === null || (ended.result !== 'closed' && ended.result !== 'added')) return ended

    const facts = report.collected.reduce((all, learnt) => addLearnt(all, learnt, { now: context.now, isSure: true }).facts, record.facts)
    const { ids: { conversationId }, turns } = report
    const learnt = withLearntProfile({ ...record, facts }, report.profile, isLatest(record, conversationId))
    const isToLearn = conversationId !== null && turns !== null && !isLearnt(caller, report)
    return { caller: { ...ended.caller, record: isToLearn ? withJob(learnt, conversationId, turns, context.now) : learnt }, result: ended.result }
  }
}

function isLearnt (caller: Caller, { ids }: CallReport): boolean {
  const record = knownRecord(caller)
  const call = record === null ? undefined : findCall(record, ids)
  return call !== undefined && (!isInFull(call) || call.learnt_at != null)
}
