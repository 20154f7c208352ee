/** Stores what a call report says without a language model, and adds a job for the model. */
import type { Turn } from '../../schemas/caller-record.ts'
import type { Caller, Change, Context } from '../caller/caller.ts'
import { activeRecord } from '../caller/caller.ts'
import { recordCallEnd, findCall, isInFull, isLatest, type CallEnd, type CallEndOutcome } from '../caller/calls.ts'
import { withJob } from '../caller/learning-jobs.ts'
import { withLearntProfile, type LearntProfile } from '../caller/profile.ts'
import { addLearnt, type Learnt } from './learnt-facts.ts'

/** What the post-call webhook says of a call, ready to be stored. */
export interface CallReport extends CallEnd {
  /** What ElevenLabs' data collection found, as facts. */
  collected: Learnt[]
  profile: LearntProfile
  /** For the model; null when it is not to learn, or the caller said nothing. */
  turns: Turn[] | null
}

export function applyReport (context: Context, report: CallReport): Change<CallEndOutcome> {
  const end = recordCallEnd(context, report)
  return (caller) => {
    const ended = end(caller)
    const record = activeRecord(ended.caller)
    if (record === null || (ended.result !== 'closed' && ended.result !== 'added')) return ended

    const circumstances = { now: context.now, isSure: true }
    const facts = report.collected.reduce((all, learnt) => addLearnt(all, learnt, circumstances).facts, record.facts)
    const { ids: { conversationId }, turns } = report
    const learnt = withLearntProfile({ ...record, facts }, report.profile, isLatest(record, conversationId))
    const needsJob = conversationId !== null && turns !== null && !isLearnt(caller, report)
    return {
      caller: { ...ended.caller, record: needsJob ? withJob(learnt, conversationId, turns, context.now) : learnt },
      result: ended.result
    }
  }
}

function isLearnt (caller: Caller, { ids }: CallReport): boolean {
  const record = activeRecord(caller)
  const call = record === null ? undefined : findCall(record, ids)
  return call !== undefined && (!isInFull(call) || call.learnt_at != null)
}
