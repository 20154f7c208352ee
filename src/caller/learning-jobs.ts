/** Calls that are still to be learnt from: kept in the caller's record, so that they go with it, are sealed and exported with it. */
import type { CallerRecord, LearningJob, Turn } from '../../schemas/caller-record.ts'
import { JobUnknown } from '../errors.ts'
import { activeRecord, type Caller, type Change } from './caller.ts'

/** Pauses before the second and each further try, in milliseconds; after the last one a job is kept aside as failed. */
export const RETRY_MS = [30_000, 2 * 60_000, 10 * 60_000, 60 * 60_000, 6 * 60 * 60_000] as const

/** The longest pause that the other side can ask for, in milliseconds. */
const MAX_RETRY_MS = Math.max(...RETRY_MS)

/** How long what was said is kept with a job, in milliseconds: 7 days. */
export const KEPT_TURNS_MS = 7 * 24 * 60 * 60_000

/** Jobs in one record; beyond it the oldest failed ones go, then the oldest. */
export const MAX_JOBS = 50

/** Jobs of one record that keep what was said, the newest: each ring reads them. That of others is fetched again. */
export const MAX_JOBS_WITH_TURNS = 10

/** A record with a job for a call; the same record when the call has one. */
export function withJob (record: CallerRecord, conversationId: string, turns: Turn[], now: string): CallerRecord {
  const jobs = record.jobs ?? []
  if (jobs.some((job) => job.conversation_id === conversationId)) return record
  const job: LearningJob = { conversation_id: conversationId, state: 'waiting', tries: 0, created_at: now, due_at: now, error: null, turns }
  // Where two records were united there may be more than the limit: those stay.
  const gone = jobs.length < MAX_JOBS ? undefined : jobs.find(isFailed) ?? jobs[0]
  const all = [...jobs.filter((each) => each !== gone), job]
  return { ...record, jobs: all.map((each, n) => n < all.length - MAX_JOBS_WITH_TURNS && each.turns !== null ? { ...each, turns: null } : each) }
}

/** A record without the job of a call. */
export function withoutJob (record: CallerRecord, conversationId: string): CallerRecord {
  const { jobs, ...rest } = record
  const others = jobs?.filter((job) => job.conversation_id !== conversationId) ?? []
  return others.length === 0 ? rest : { ...rest, jobs: others }
}

export function findJob (record: CallerRecord | null, conversationId: string): LearningJob | undefined {
  return record?.jobs?.find((job) => job.conversation_id === conversationId)
}

/** The jobs that are to be tried at `now` (ISO 8601), oldest first. */
export function dueJobs (record: CallerRecord | null, now: string): LearningJob[] {
  return record?.jobs?.filter((job) => !isFailed(job) && job.due_at <= now) ?? []
}

/** Later than anything: a failed job without turns is done nothing to, and stays to be seen. */
const NEVER = '9999-12-31T23:59:59.999Z'

/** When turns are next old enough to go. ISO 8601; null without jobs. */
export function nextTurnsEnd (record: CallerRecord | null): string | null {
  return first(record?.jobs?.map((job) => job.turns === null ? NEVER : turnsEnd(job)) ?? [])
}

/**
 * When there is next something to do for a caller's jobs: a try, or turns that are old enough to go. ISO 8601; null
 * without jobs.
 *
 * @param held - jobs that are not to be tried before a moment (ISO 8601), by conversation id
 */
export function nextDue (record: CallerRecord | null, held: ReadonlyMap<string, string> = new Map()): string | null {
  const nextTry = (job: LearningJob) => isFailed(job) ? NEVER : held.get(job.conversation_id) ?? job.due_at
  return first(record?.jobs?.flatMap((job) => [nextTry(job), job.turns === null ? NEVER : turnsEnd(job)]) ?? [])
}

function first (moments: string[]): string | null {
  return moments.reduce<string | null>((earliest, moment) => earliest === null || moment < earliest ? moment : earliest, null)
}

export interface JobFailure {
  now: Date
  tries: number
  retryAfterMs: number | null
  isFinal: boolean
}

/**
 * Notes that a try has failed: the job waits for the next one, or is kept aside as failed. A job that is gone, because the
 * caller was erased or somebody else has learnt from the call, stays gone.
 *
 * @param tries - how often it had been tried before: should somebody else have tried it meanwhile, that counts alone
 * @param retryAfterMs - the least time to wait, in milliseconds, when the other side has named one
 */
export function jobFailed (conversationId: string, error: string, { now, tries, retryAfterMs, isFinal }: JobFailure): Change<'waiting' | 'failed' | 'gone'> {
  return (caller) => {
    const job = findJob(activeRecord(caller), conversationId)
    if (job === undefined) return { caller, result: 'gone' }
    if (job.tries !== tries) return { caller, result: job.state }
    const pause = isFinal ? undefined : RETRY_MS[job.tries]
    const asked = Math.min(retryAfterMs ?? 0, MAX_RETRY_MS)
    const due = pause === undefined ? job.due_at : new Date(now.getTime() + Math.max(pause, asked)).toISOString()
    const state = pause === undefined ? 'failed' : 'waiting'
    return { caller: withChanged(caller, { ...job, state, tries: job.tries + 1, due_at: due, error: error.slice(0, 300) }), result: state }
  }
}

/**
 * Lets a job be tried again at once, from the first try on: one that has failed, or waits for a later try.
 *
 * @throws {JobUnknown} also for a caller who is not known
 */
export function retryJob (conversationId: string, now: string): Change<LearningJob> {
  return (caller) => {
    const job = findJob(activeRecord(caller), conversationId)
    if (job === undefined) throw new JobUnknown()
    const waiting: LearningJob = { ...job, state: 'waiting', tries: 0, due_at: now }
    return { caller: withChanged(caller, waiting), result: waiting }
  }
}

/** Lets waiting jobs be tried at once; failed ones stay failed. The result is how many wait. */
export function tryWaitingNow (now: string): Change<number> {
  return (caller) => {
    const waiting = activeRecord(caller)?.jobs?.filter((job) => !isFailed(job)) ?? []
    const later = waiting.filter((job) => job.due_at > now)
    const changed = later.reduce((changed, job) => withChanged(changed, { ...job, due_at: now }), caller)
    return { caller: changed, result: waiting.length }
  }
}

/** Drops what was said from jobs that are older than {@link KEPT_TURNS_MS}. The result is how many. */
export function dropOldTurns (now: string): Change<number> {
  return (caller) => {
    const old = activeRecord(caller)?.jobs?.filter((job) => job.turns !== null && turnsEnd(job) <= now) ?? []
    return { caller: old.reduce((changed, job) => withChanged(changed, { ...job, turns: null }), caller), result: old.length }
  }
}

function withChanged (caller: Caller, job: LearningJob): Caller {
  const record = activeRecord(caller)
  if (record === null) return caller
  return { ...caller, record: { ...record, jobs: record.jobs?.map((each) => each.conversation_id === job.conversation_id ? job : each) ?? [] } }
}

function isFailed ({ state }: LearningJob): boolean {
  return state === 'failed'
}

function turnsEnd ({ created_at: createdAt }: LearningJob): string {
  return new Date(Date.parse(createdAt) + KEPT_TURNS_MS).toISOString()
}
