/** The learner takes due callers from the queue, and learns from their calls with the model. */
import type { CallerRecord, LearningJob, Turn } from '../../schemas/caller-record.ts'
import { activeRecord } from '../caller/caller.ts'
import { isCurrentFact } from '../caller/facts.ts'
import {
  dropOldTurns, dueJobs, findJob, jobFailed, nextDue, nextTurnsEnd, tryWaitingNow
} from '../caller/learning-jobs.ts'
import { isOpen } from '../caller/open-items.ts'
import { ElevenLabsRefused, ElevenLabsUnavailable, RecordDamaged, RecordSealed } from '../errors.ts'
import type { CallerIdReader } from '../phone/caller-id.ts'
import { hashPrefix } from '../phone/phone-hash.ts'
import type { QueuedCaller, Store } from '../store/store.ts'
import { wakeablePause } from '../time.ts'
import type { SpokenTurn } from '../webhook/post-call-event.ts'
import { askAll } from './ask-model.ts'
import { CircuitOpen, createCircuitBreaker, type CircuitState } from './circuit-breaker.ts'
import { learn } from './learn.ts'
import { ModelAnswerUnusable, ModelMisconfigured, ModelUnavailable } from './model-errors.ts'
import type { Model } from './model.ts'
import { turnsFrom } from './turns.ts'

export interface LearnerParts {
  store: Store
  callerId: CallerIdReader
  /** Null when learning is off: earlier jobs wait, and lose their turns after seven days. */
  model: Model | null
  /** Makes one request to ElevenLabs, with a time limit. Null when the conversation is gone. */
  fetchTurns: (conversationId: string, signal: AbortSignal) => Promise<SpokenTurn[] | null>
  redact: (text: string) => string
  minConfidence: number
  now: () => Date
  newId: () => string
  log: Record<'info' | 'warn' | 'error', (fields: object, message: string) => void>
}

export interface Learner {
  wake (): void
  /** Like `wake`, and ends the pauses of endpoints that could not be reached. */
  retryNow (): void
  /** Makes waiting jobs due, then learns until `signal` is aborted; unfinished jobs stay queued. Never rejects. */
  run (signal: AbortSignal): Promise<void>
  circuits (): Record<Endpoint, CircuitState>
  warnings (): string[]
}

const ENDPOINTS = ['model', 'elevenlabs'] as const
type Endpoint = (typeof ENDPOINTS)[number]

/** Cursor of the walk at start: the last phone hash of a page; null before the first page. */
type StartCursor = string | null | typeof DONE
const DONE = Symbol('done')

/** Callers at a time. Each adds a listener to the stop signal, and Node 20 warns of more than ten listeners. */
export const CONCURRENCY = 8

/** Of these, callers whose turns are fetched from ElevenLabs: if it hangs, the others still have slots. */
export const FETCHES = 4

/** When all fetch slots are taken, the job is looked at again after this time, in milliseconds. */
const FETCH_RETRY_MS = 10_000

/** Callers per page when waiting jobs are made due at start: few, so that call starts do not have to wait. */
const START_PAGE = 20

const WHEN_OPEN: Record<Endpoint, string> = {
  model: 'the language model cannot be reached; calls are waiting to be learnt from: check OPENCLAW_API_BASE_URL',
  elevenlabs: 'ElevenLabs cannot be reached; calls are waiting for their transcripts: check ELEVENLABS_API_BASE_URL'
}

const WHEN_CLOSED: Record<Endpoint, string> = {
  model: 'the language model can be reached again',
  elevenlabs: 'ElevenLabs can be reached again'
}

/** How often the queue is polled, in milliseconds: nothing wakes us for retries, or for entries of other bridges. */
const POLL_MS = 2_000

const IDLE_POLL_MS = 60_000

const STORAGE_PAUSE_MS = 10_000

/** For how long no other bridge takes a caller that this one has taken, in milliseconds. */
const LEASE_MS = 15 * 60_000

/** Without a model, how often a caller with jobs is looked at, in milliseconds. */
const WITHOUT_MODEL_MS = 60 * 60_000

/** The queue entry is written before the record, so an entry without a job is kept this long, in milliseconds. */
const GRACE_MS = 60_000

export function createLearner (parts: LearnerParts): Learner {
  const { store, callerId, model, fetchTurns, redact, minConfidence, now, newId, log } = parts
  const running = new Map<string, Promise<void>>()
  const circuits = {
    model: circuitOf('model', wasModelReached),
    elevenlabs: circuitOf('elevenlabs', wasElevenLabsReached)
  }
  const { pause, wake } = wakeablePause()
  let fetching = 0

  function circuitOf (endpoint: Endpoint, wasReached: (error: unknown) => boolean | null) {
    return createCircuitBreaker({
      now,
      wasReached,
      onOpen: () => log.warn({ endpoint }, WHEN_OPEN[endpoint]),
      onClose: () => log.info({ endpoint }, WHEN_CLOSED[endpoint])
    })
  }

  const later = (ms: number) => new Date(now().getTime() + ms).toISOString()

  async function run (signal: AbortSignal): Promise<void> {
    let isStorageDown = false
    let startCursor: StartCursor = model === null ? DONE : null
    while (!signal.aborted) {
      let restMs = model === null ? IDLE_POLL_MS : POLL_MS
      try {
        while (startCursor !== DONE && !signal.aborted) startCursor = await makeDue(startCursor)
        // While the circuit is half-open, one caller's request tests the endpoint for all.
        while (running.size < (circuits.model.state() === 'half-open' ? 1 : CONCURRENCY) && !signal.aborted) {
          const entry = await store.queue.take(now().toISOString(), later(LEASE_MS))
          if (entry === null) break
          if (running.has(entry.phoneHash)) await store.queue.complete(entry, later(POLL_MS))
          else running.set(entry.phoneHash, learnAbout(entry, signal).finally(() => finished(entry)))
        }
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

  function finished ({ phoneHash }: QueuedCaller): void {
    running.delete(phoneHash)
    wake()
  }

  /** For operators who have fixed a setting, restarted, and expect waiting jobs to be tried at once. */
  async function makeDue (after: string | null): Promise<StartCursor> {
    const at = now().toISOString()
    const { phoneHashes, next } = await store.queue.list(after, START_PAGE)
    await Promise.all(phoneHashes.map(async (phoneHash) => {
      try {
        // Scheduled even if no job changed: a process that died may have taken the entry, or put it off.
        if (await store.update(phoneHash, tryWaitingNow(at)) > 0) await store.queue.schedule(phoneHash, at)
      } catch (error) {
        if (!(error instanceof RecordDamaged || error instanceof RecordSealed)) throw error
      }
    }))
    return next ?? DONE
  }

  /** Never rejects: a failed try is recorded in the job; otherwise the entry is due again when its lease ends. */
  async function learnAbout (entry: QueuedCaller, signal: AbortSignal): Promise<void> {
    try {
      await store.update(entry.phoneHash, dropOldTurns(now().toISOString()))
      const held = model === null ? new Map<string, string>() : await tryJobs(entry.phoneHash, model, signal)
      await store.queue.complete(entry, await dueAfter(entry, held, signal))
    } catch (err) {
      log.error({ caller: hashPrefix(entry.phoneHash), err }, 'learning about a caller failed; trying again later')
    }
  }

  /** @returns the due jobs that were not tried: conversation id, and until when they must wait (ISO 8601) */
  async function tryJobs (phoneHash: string, model: Model, signal: AbortSignal): Promise<Map<string, string>> {
    const held = new Map<string, string>()
    while (!signal.aborted) {
      const job = dueJobs(await load(phoneHash), now().toISOString()).find(({ conversation_id: id }) => !held.has(id))
      if (job === undefined) break
      const until = heldUntil(job) ?? await tryJob(phoneHash, job, model, signal)
      if (until !== null) held.set(job.conversation_id, until)
    }
    return held
  }

  function heldUntil ({ turns }: LearningJob): string | null {
    const until = circuits.model.heldUntil() ?? (turns === null ? circuits.elevenlabs.heldUntil() : null)
    return until ?? (turns === null && fetching >= FETCHES ? later(FETCH_RETRY_MS) : null)
  }

  async function dueAfter (
    { phoneHash, scheduledAt }: QueuedCaller, held: ReadonlyMap<string, string>, signal: AbortSignal
  ): Promise<string | null> {
    const record = await load(phoneHash)
    const due = nextDue(record, held)
    if (due === null) return scheduledAt > later(-GRACE_MS) ? later(GRACE_MS) : null
    if (model !== null || signal.aborted) return due
    // Without a model, jobs stay due, and the entry comes back every hour, in case there is a model again.
    const end = nextTurnsEnd(record)
    return end !== null && end < later(WITHOUT_MODEL_MS) ? end : later(WITHOUT_MODEL_MS)
  }

  /** @returns null if the job was tried, otherwise until when it must wait (ISO 8601) */
  async function tryJob (
    phoneHash: string, job: LearningJob, model: Model, signal: AbortSignal
  ): Promise<string | null> {
    const caller = hashPrefix(phoneHash)
    const { conversation_id: conversationId } = job
    try {
      const learnings = await learnFrom(phoneHash, job, model, signal)
      if (learnings !== null) log.info({ caller, conversation: conversationId, ...learnings }, 'learnt from a call')
    } catch (err) {
      if (signal.aborted) return null
      if (err instanceof CircuitOpen) return err.until
      // Any error counts as a failed try, even a bug of ours: the job must end visibly, and let the next one run.
      const isFinal = err instanceof ConversationGone
      const failure = { now: now(), tries: job.tries, retryAfterMs: retryAfter(err), isFinal }
      const state = await store.update(phoneHash, jobFailed(conversationId, reasonOf(err), failure))
      const why = isOurs(err) ? { reason: err.message } : { err }
      const fields = { caller, conversation: conversationId, state, ...why }
      if (state === 'failed') log.error(fields, 'could not learn from a call; POST /api/jobs/{id}/retry tries again')
      else log.warn(fields, 'could not learn from a call; trying again later')
    }
    return null
  }

  async function learnFrom (phoneHash: string, job: LearningJob, model: Model, signal: AbortSignal) {
    const mask = (text: string) => callerId.fromHash(phoneHash).mask(redact(text))
    const turns = job.turns ?? await refetched(job, mask, signal)
    const record = await load(phoneHash)
    if (record === null || findJob(record, job.conversation_id) === undefined) return null
    const call = record.calls.find((each) => each.conversation_id === job.conversation_id)
    const at = now().toISOString()
    const asked: Model = { ask: (messages, signal) => circuits.model.run(() => model.ask(messages, signal)) }
    const input = inputOf(record, turns, call?.started_at ?? job.created_at, at)
    const { answer, malformed } = await askAll(asked, input, signal)
    const ids = Array.from({ length: answer.operations.length + answer.open_items.length }, newId)
    const endedAt = call?.ended_at ?? job.created_at
    const saidAt = endedAt < at ? endedAt : at
    return await store.update(phoneHash, learn({
      conversationId: job.conversation_id,
      answer,
      malformed,
      turns,
      saidAt,
      minConfidence,
      mask,
      ids,
      now: now().toISOString()
    }))
  }

  async function refetched (job: LearningJob, mask: (text: string) => string, signal: AbortSignal): Promise<Turn[]> {
    const spoken = await fetched(job.conversation_id, signal)
    const turns = spoken === null ? [] : turnsFrom(spoken, mask)
    if (turns.length === 0) throw new ConversationGone()
    return turns
  }

  async function fetched (conversationId: string, signal: AbortSignal): Promise<SpokenTurn[] | null> {
    fetching++
    try {
      return await circuits.elevenlabs.run(() => fetchTurns(conversationId, signal))
    } finally {
      fetching--
    }
  }

  async function load (phoneHash: string): Promise<CallerRecord | null> {
    return activeRecord(await store.load(phoneHash))
  }

  return {
    run,
    wake,
    retryNow () {
      for (const endpoint of ENDPOINTS) circuits[endpoint].endPause()
      wake()
    },
    circuits: () => ({ model: circuits.model.state(), elevenlabs: circuits.elevenlabs.state() }),
    warnings: () => ENDPOINTS.filter((each) => circuits[each].state() !== 'closed').map((each) => WHEN_OPEN[each])
  }
}

function wasModelReached (error: unknown): boolean | null {
  if (error instanceof ModelUnavailable) return false
  return error instanceof ModelMisconfigured || error instanceof ModelAnswerUnusable ? true : null
}

function wasElevenLabsReached (error: unknown): boolean | null {
  if (error instanceof ElevenLabsUnavailable) return false
  return error instanceof ElevenLabsRefused ? true : null
}

function inputOf (record: CallerRecord, turns: Turn[], startedAt: string, now: string) {
  const remembered = ({ id, text }: { id: string, text: string }) => ({ id, text })
  return {
    facts: record.facts.filter((fact) => isCurrentFact(fact, now)).map(remembered),
    openItems: record.open_items?.filter(isOpen).map(remembered) ?? [],
    callerName: record.caller_name,
    startedAt,
    turns
  }
}

function retryAfter (error: unknown): number | null {
  if (!(error instanceof Error) || !('retryAfterMs' in error)) return null
  return typeof error.retryAfterMs === 'number' ? error.retryAfterMs : null
}

/** This is stored and listed by the API. The messages of other errors may quote a caller. */
function reasonOf (error: unknown): string {
  return isOurs(error) ? error.message : 'unexpected error: see the log'
}

function isOurs (error: unknown): error is Error {
  const ours = [ModelUnavailable, ModelMisconfigured, ModelAnswerUnusable, ConversationGone]
  if (ours.some((Ours) => error instanceof Ours)) return true
  return error instanceof Error && 'code' in error && String(error.code).startsWith('BRIDGE_')
}

class ConversationGone extends Error {
  override readonly name = 'ConversationGone'

  constructor () {
    super('The transcript is no longer stored, neither here nor at ElevenLabs')
  }
}
