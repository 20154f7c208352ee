/** Jobs are kept in the caller's record, so that they are sealed, exported and erased with it. */
import type { CallerRecord, LearningJob, Turn } from '../../schemas/caller-record.ts'
import { JobUnknown } from '../errors.ts'
import { activeRecord, type Caller, type Change } from './caller.ts'

/** Pauses before the second and later tries, in milliseconds. After the last try the job has failed. */
export const RETRY_MS = [30_000, 2 * 60_000, 10 * 60_000, 60 * 60_000, 6 * 60 * 60_000] as const

/** The longest pause that an endpoint can ask for. */
const MAX_RETRY_MS = Math.max(...RETRY_MS)

/** For how long a job keeps its turns: 7 days. */
export const KEPT_TURNS_MS = 7 * 24 * 60 * 60_000

/** Jobs per record. At the limit the oldest failed job goes, or the oldest job if none has failed. */
export const MAX_JOBS = 50

/** The newest jobs keep their turns, which every call start reads. For others they are fetched again. */
export const MAX_JOBS_WITH_TURNS = 10

/** The same record if the call has a job. */
export function withJob (record: CallerRecord, conversationId: string, turns: Turn[], now: string): CallerRecord {
  const jobs = record.jobs ?? []
  if (jobs.some((job) => job.conversation_id === conversationId)) return record
  const job: LearningJob = {
    conversation_id: conversationId,
    state: 'waiting',
    tries: 0,
    created_at: now,
    due_at: now,
    error: null,
    turns
  }
  // Two merged records may be over the limit: that surplus stays.
  const gone = jobs.length < MAX_JOBS ? undefined : jobs.find(isFailed) ?? jobs[0]
  const all = [...jobs.filter((each) => each !== gone), job]
  const dropsTurns = (each: LearningJob, n: number) => n < all.length - MAX_JOBS_WITH_TURNS && each.turns !== null
  return { ...record, jobs: all.map((each, n) => dropsTurns(each, n) ? { ...each, turns: null } : each) }
}

export function withoutJob (record: CallerRecord, conversationId: string): CallerRecord {
  const { jobs, ...rest } = record
  const others = jobs?.filter((job) => job.conversation_id !== conversationId) ?? []
  return others.length === 0 ? rest : { ...rest, jobs: others }
}

export function findJob (record: CallerRecord | null, conversationId: string): LearningJob | undefined {
  return record?.jobs?.find((job) => job.conversation_id === conversationId)
}

/** Oldest first. */
export function dueJobs (record: CallerRecord | null, now: string): LearningJob[] {
  return record?.jobs?.filter((job) => !isFailed(job) && job.due_at <= now) ?? []
}

/** For failed jobs without turns: they stay, so that the operator sees them. */
const NEVER = '9999-12-31T23:59:59.999Z'

/** When turns are next to be dropped, ISO 8601; null without jobs. */
export function nextTurnsEnd (record: CallerRecord | null): string | null {
  return first(record?.jobs?.map((job) => job.turns === null ? NEVER : turnsEnd(job)) ?? [])
}

/** The next try, or end of turns; null without jobs. `held`: until when jobs must wait, by conversation id. */
export function nextDue (record: CallerRecord | null, held: ReadonlyMap<string, string> = new Map()): string | null {
  const nextTry = (job: LearningJob) => isFailed(job) ? NEVER : held.get(job.conversation_id) ?? job.due_at
  return first(record?.jobs?.flatMap((job) => [nextTry(job), job.turns === null ? NEVER : turnsEnd(job)]) ?? [])
}

function first (moments: string[]): string | null {
  return moments.toSorted()[0] ?? null
}

export interface JobFailure {
  now: Date
  /** Before this try. If the job has another number by now, another bridge has tried it, and only that try counts. */
  tries: number
  /** The least time to wait, if the endpoint has named one. */
  retryAfterMs: number | null
  isFinal: boolean
}

/** A job that is gone stays gone: the caller was erased, or another bridge has learnt from the call. */
export function jobFailed (
  conversationId: string, error: string, { now, tries, retryAfterMs, isFinal }: JobFailure
): Change<'waiting' | 'failed' | 'gone'> {
  return (caller) => {
    const job = findJob(activeRecord(caller), conversationId)
    if (job === undefined) return { caller, result: 'gone' }
    if (job.tries !== tries) return { caller, result: job.state }
    const pause = isFinal ? undefined : RETRY_MS[job.tries]
    const asked = Math.min(retryAfterMs ?? 0, MAX_RETRY_MS)
    const due = pause === undefined ? job.due_at : new Date(now.getTime() + Math.max(pause, asked)).toISOString()
    const state = pause === undefined ? 'failed' : 'waiting'
    const failed: LearningJob = { ...job, state, tries: job.tries + 1, due_at: due, error: error.slice(0, 300) }
    return { caller: withChanged(caller, failed), result: state }
  }
}

/** Makes a waiting or failed job due, and its tries start over. @throws {JobUnknown} also for an unknown caller */
export function retryJob (conversationId: string, now: string): Change<LearningJob> {
  return (caller) => {
    const job = findJob(activeRecord(caller), conversationId)
    if (job === undefined) throw new JobUnknown()
    const waiting: LearningJob = { ...job, state: 'waiting', tries: 0, due_at: now }
    return { caller: withChanged(caller, waiting), result: waiting }
  }
}

/** Failed jobs stay failed. @returns how many wait */
export function tryWaitingNow (now: string): Change<number> {
  return (caller) => {
    const waiting = activeRecord(caller)?.jobs?.filter((job) => !isFailed(job)) ?? []
    const later = waiting.filter((job) => job.due_at > now)
    const changed = later.reduce((changed, job) => withChanged(changed, { ...job, due_at: now }), caller)
    return { caller: changed, result: waiting.length }
  }
}

/** @returns how many jobs had turns older than {@link KEPT_TURNS_MS} */
export function dropOldTurns (now: string): Change<number> {
  return (caller) => {
    const old = activeRecord(caller)?.jobs?.filter((job) => job.turns !== null && turnsEnd(job) <= now) ?? []
    const changed = old.reduce((changed, job) => withChanged(changed, { ...job, turns: null }), caller)
    return { caller: changed, result: old.length }
  }
}

function withChanged (caller: Caller, job: LearningJob): Caller {
  const record = activeRecord(caller)
  if (record === null) return caller
  const jobs = record.jobs?.map((each) => each.conversation_id === job.conversation_id ? job : each) ?? []
  return { ...caller, record: { ...record, jobs } }
}

function isFailed ({ state }: LearningJob): boolean {
  return state === 'failed'
}

function turnsEnd ({ created_at: createdAt }: LearningJob): string {
  return new Date(Date.parse(createdAt) + KEPT_TURNS_MS).toISOString()
}
