/** The learner takes due callers from the queue, and learns from their calls with the model. */
import { randomUUID } from 'node:crypto'
import type { CallerRecord, LearningJob, Turn } from '../../schemas/caller-record.ts'
import type { Config } from '../../schemas/env.ts'
import { activeRecord } from '../caller/caller.ts'
import {
  dropOldTurns, dueJobs, findJob, jobFailed, nextDue, nextTurnsEnd, tryWaitingNow
} from '../caller/learning-jobs.ts'
import type { CallerIdReader } from '../phone/caller-id.ts'
import { hashPrefix } from '../phone/phone-hash.ts'
import { turnsRedactorFor } from '../redaction/turns.ts'
import type { QueuedCaller, Store } from '../store/store.ts'
import { isDamaged, orNull } from '../store/unreadable.ts'
import { earlier, wakeablePause } from '../time.ts'
import { maskedTurns } from '../webhook/post-call-event.ts'
import { applyAnswer } from './apply-answer.ts'
import { CircuitOpen } from './circuit-breaker.ts'
import { loadCallDates } from './conversation.ts'
import type { Endpoints } from './endpoints.ts'
import { withoutForgotten } from './forgotten.ts'
import { askAll } from './model-answer.ts'
import { ModelAnswerUnusable, ModelMisconfigured, ModelUnavailable } from './model-errors.ts'
import { learningMessages } from './model-prompt.ts'
import { forgottenSince } from './settled-by-tools.ts'

/** What the learner needs: `fastify` by its decorators, or an object with the same keys. */
export interface LearnerContext {
  /** While LEARN_FROM_TRANSCRIPT is off, earlier jobs wait, and lose their turns after seven days. */
  config: Pick<Config, 'LEARN_FROM_TRANSCRIPT' | 'LEARN_MIN_CONFIDENCE' | 'TIMEZONE' | 'REDACT'>
  store: Store
  callerId: CallerIdReader
  /** Removes what must not be stored, such as card numbers. */
  redact: (text: string) => string
  now: () => Date
  log: Record<'info' | 'warn' | 'error', (fields: object, message: string) => void>
}

/** Callers at a time. Each adds a listener to the stop signal, and Node 20 warns of more than ten listeners. */
export const CONCURRENCY = 8

/** Callers per page when waiting jobs are made due at start: few, so that call starts do not have to wait. */
const START_PAGE = 20

/** How often the queue is polled, in milliseconds: nothing wakes us for retries, or for entries of other bridges. */
const POLL_MS = 2_000

const IDLE_POLL_MS = 60_000

const STORAGE_PAUSE_MS = 10_000

/** For how long no other bridge takes a caller that this one has taken, in milliseconds. */
const LEASE_MS = 15 * 60_000

/** While learning is off, how often a caller with jobs is looked at, in milliseconds. */
const WHILE_OFF_MS = 60 * 60_000

/** The queue entry is written before the record, so an entry without a job is kept this long, in milliseconds. */
const GRACE_MS = 60_000

export function createLearner (ctx: LearnerContext, endpoints: Endpoints, signal: AbortSignal) {
  const { config, store, callerId, redact, now, log } = ctx
  const isOn = config.LEARN_FROM_TRANSCRIPT
  const running = new Map<string, Promise<void>>()
  const { pause, wake } = wakeablePause()

  const timeIn = (ms: number) => new Date(now().getTime() + ms).toISOString()

  /** Makes waiting jobs due, then learns until the signal is aborted; unfinished jobs stay queued. Never rejects. */
  async function run (): Promise<void> {
    let isStorageDown = false
    /** Jobs of callers after this phone hash still have to be made due; null when all are. */
    let notDueAfter: string | null = isOn ? '' : null
    while (!signal.aborted) {
      let restMs = isOn ? POLL_MS : IDLE_POLL_MS
      try {
        while (notDueAfter !== null && !signal.aborted) notDueAfter = await makeDue(notDueAfter)
        await takeCallers()
        isStorageDown = false
      } catch (err) {
        if (!isStorageDown) log.warn({ err }, 'the queue of calls to learn from could not be read; trying again')
        isStorageDown = true
        restMs = STORAGE_PAUSE_MS
      }
      await pause(restMs, signal)
    }
    await Promise.all(running.values())
  }

  /**
   * For operators who have fixed a setting, restarted, and expect waiting jobs to be tried at once.
   *
   * @returns where the next page starts; null after the last one
   */
  async function makeDue (after: string): Promise<string | null> {
    const at = now().toISOString()
    const { phoneHashes, next } = await store.queue.list(after, START_PAGE)
    await Promise.all(phoneHashes.map(async (phoneHash) => {
      const waiting = await orNull(isDamaged, store.update(phoneHash, tryWaitingNow(at))) ?? 0
      // Scheduled even if no job changed: a process that died may have taken the entry, or put it off.
      if (waiting > 0) await store.queue.schedule(phoneHash, at)
    }))
    return next
  }

  async function takeCallers (): Promise<void> {
    // While the circuit is half-open, one caller's request tests the endpoint for all.
    while (running.size < (endpoints.circuits().model === 'half-open' ? 1 : CONCURRENCY) && !signal.aborted) {
      const entry = await store.queue.take(now().toISOString(), timeIn(LEASE_MS))
      if (entry === null) return
      const { phoneHash } = entry
      if (running.has(phoneHash)) {
        await store.queue.complete(entry, timeIn(POLL_MS))
        continue
      }
      running.set(phoneHash, learnAbout(entry).finally(() => {
        running.delete(phoneHash)
        wake()
      }))
    }
  }

  /** Never rejects: a failed try is recorded in the job; otherwise the entry is due again when its lease ends. */
  async function learnAbout (entry: QueuedCaller): Promise<void> {
    try {
      await store.update(entry.phoneHash, dropOldTurns(now().toISOString()))
      const held = isOn ? await tryJobs(entry.phoneHash) : new Map<string, string>()
      await store.queue.complete(entry, await dueAfter(entry, held))
    } catch (err) {
      log.error({ caller: hashPrefix(entry.phoneHash), err }, 'learning about a caller failed; trying again later')
    }
  }

  /** @returns the due jobs that were not tried: conversation id, and until when they must wait (ISO 8601) */
  async function tryJobs (phoneHash: string): Promise<Map<string, string>> {
    const held = new Map<string, string>()
    while (!signal.aborted) {
      const job = dueJobs(await load(phoneHash), now().toISOString()).find(({ conversation_id: id }) => !held.has(id))
      if (job === undefined) break
      const until = endpoints.heldUntil(job) ?? await tryJob(phoneHash, job)
      if (until !== null) held.set(job.conversation_id, until)
    }
    return held
  }

  async function dueAfter (
    { phoneHash, scheduledAt }: QueuedCaller, held: ReadonlyMap<string, string>
  ): Promise<string | null> {
    const record = await load(phoneHash)
    const due = nextDue(record, held)
    if (due === null) return scheduledAt > timeIn(-GRACE_MS) ? timeIn(GRACE_MS) : null
    if (isOn || signal.aborted) return due
    // Jobs stay due, and the entry comes back every hour, in case learning is on again.
    const nextLook = timeIn(WHILE_OFF_MS)
    return earlier(nextTurnsEnd(record) ?? nextLook, nextLook)
  }

  /** @returns null if the job was tried, otherwise until when it must wait (ISO 8601) */
  async function tryJob (phoneHash: string, job: LearningJob): Promise<string | null> {
    try {
      await learnFrom(phoneHash, job)
    } catch (error) {
      if (signal.aborted) return null
      if (error instanceof CircuitOpen) return error.until
      // Any error counts as a failed try, even a bug of ours: the job must end visibly, and let the next one run.
      await recordFailure(phoneHash, job, error)
    }
    return null
  }

  async function learnFrom (phoneHash: string, job: LearningJob): Promise<void> {
    const { conversation_id: conversationId } = job
    const mask = (text: string) => callerId.fromHash(phoneHash).mask(redact(text))
    const said = job.turns ?? await fetchedTurns(conversationId, mask)
    const record = await load(phoneHash)
    if (record === null || findJob(record, conversationId) === undefined) return
    const call = record.calls.find((each) => each.conversation_id === conversationId)
    const at = now().toISOString()
    const startedAt = call?.started_at ?? job.created_at
    const turns = withoutForgotten(said, forgottenSince(record, startedAt))
    const timeZone = config.TIMEZONE
    const messages = learningMessages({ record, turns, startedAt, timeZone, now: at })
    const answer = await askAll(messages, (part) => endpoints.ask(part, signal))
    const parseDates = await loadCallDates(turns)
    const learnings = await store.update(phoneHash, applyAnswer({
      conversationId,
      answer,
      turns,
      saidAt: earlier(call?.ended_at ?? job.created_at, at),
      reading: { parseDates, startedAt, timeZone },
      minConfidence: config.LEARN_MIN_CONFIDENCE,
      mask,
      ids: [...answer.operations, ...answer.open_items].map(() => randomUUID()),
      now: now().toISOString()
    }))
    if (learnings === null) return
    log.info({ caller: hashPrefix(phoneHash), conversation: conversationId, ...learnings }, 'learnt from a call')
  }

  async function fetchedTurns (conversationId: string, mask: (text: string) => string): Promise<Turn[]> {
    const spoken = turnsRedactorFor(config.REDACT)(await endpoints.fetchTurns(conversationId, signal))
    const turns = maskedTurns(spoken, mask)
    if (turns.length === 0) throw new ConversationGone()
    return turns
  }

  async function recordFailure (phoneHash: string, job: LearningJob, err: unknown): Promise<void> {
    const { conversation_id: conversation, tries } = job
    const reason = reasonOf(err)
    const state = await store.update(phoneHash, jobFailed(conversation, reason ?? 'unexpected error: see the log', {
      now: now(),
      tries,
      retryAfterMs: err instanceof ModelUnavailable ? err.retryAfterMs : null,
      isFinal: err instanceof ConversationGone
    }))
    const fields = { caller: hashPrefix(phoneHash), conversation, state, ...(reason === null ? { err } : { reason }) }
    if (state === 'failed') log.error(fields, 'could not learn from a call; POST /api/jobs/{id}/retry tries again')
    else log.warn(fields, 'could not learn from a call; trying again later')
  }

  async function load (phoneHash: string): Promise<CallerRecord | null> {
    return activeRecord(await store.load(phoneHash))
  }

  return { run, wake }
}

class ConversationGone extends Error {
  override readonly name = 'ConversationGone'

  constructor () {
    super('The transcript is no longer stored, neither here nor at ElevenLabs')
  }
}

const OUR_ERRORS = [ModelUnavailable, ModelMisconfigured, ModelAnswerUnusable, ConversationGone]

/** It is stored and listed by the API, so it is null for errors that are not ours: they may quote a caller. */
function reasonOf (error: unknown): string | null {
  if (!(error instanceof Error)) return null
  const isOurs = OUR_ERRORS.some((Ours) => error instanceof Ours) ||
    ('code' in error && String(error.code).startsWith('BRIDGE_'))
  return isOurs ? error.message : null
}
