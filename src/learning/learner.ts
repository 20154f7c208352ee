/** The learner: takes one caller after another for whom there is work, and lets the model read what was said on their calls. */
import type { CallerRecord, LearningJob, Turn } from '../../schemas/caller-record.ts'
import { wakeablePause } from '../background-pause.ts'
import { activeRecord } from '../caller/caller.ts'
import { isCurrentFact } from '../caller/facts.ts'
import {
  dropOldTurns, dueJobs, findJob, jobFailed, nextDue, nextTurnsEnd, tryWaitingNow
} from '../caller/learning-jobs.ts'
import { isOpen } from '../caller/open-items.ts'
import { CircuitOpen, createCircuitBreaker, type CircuitState } from '../circuit-breaker.ts'
import { ElevenLabsRefused, ElevenLabsUnavailable, RecordDamaged, RecordSealed } from '../errors.ts'
import type { CallerIdReader } from '../phone/caller-id-reader.ts'
import { hashPrefix } from '../phone/phone-hash.ts'
import type { QueuedCaller, Store } from '../store/store.ts'
import type { SpokenTurn } from '../webhook/post-call-event.ts'
import { askAll } from './ask-model.ts'
import { learn } from './learn.ts'
import { ModelAnswerUnusable, ModelMisconfigured, ModelUnavailable } from './model-errors.ts'
import type { Model } from './model.ts'
import { turnsFrom } from './turns.ts'

export interface LearnerParts {
  store: Store
  callerId: CallerIdReader
  /** Null: nothing is learnt now; jobs of an earlier setting wait, and lose their turns in time. */
  model: Model | null
  /** What was said on a conversation that ElevenLabs still has, or null when it is gone: one request, with a limit. */
  fetchTurns: (conversationId: string, signal: AbortSignal) => Promise<SpokenTurn[] | null>
  redact: (text: string) => string
  /** 0 to 1. */
  minConfidence: number
  now: () => Date
  newId: () => string
  log: Record<'info' | 'warn' | 'error', (fields: object, message: string) => void>
}

export interface Learner {
  /** Looks for work now. */
  wake (): void
  /** As `wake`, for an operator: endpoints that are left alone are tried at once. */
  retryNow (): void
  /** Makes waiting jobs due, then learns until the signal is aborted, and puts back what is under way. Never rejects. */
  run (signal: AbortSignal): Promise<void>
  /** Whether requests go out. */
  circuits (): Record<Endpoint, CircuitState>
  /** A sentence for the operator on each endpoint that is left alone. */
  warnings (): string[]
}

const ENDPOINTS = ['model', 'elevenlabs'] as const
type Endpoint = (typeof ENDPOINTS)[number]

/** How far the walk of the start has come: the last phone hash of a page, null before the first one. */
type StartCursor = string | null | typeof DONE
const DONE = Symbol('done')

/** Callers at a time. Each listens to the signal that stops us, and Node 20 warns of more than ten listeners on one. */
export const CONCURRENCY = 8

/** Of them those for whom ElevenLabs is asked: should it hang, there are places left for the others. */
export const FETCHES = 4

/** How soon a job whose turns have to be fetched is looked at again when there was no place for it, in milliseconds. */
const FETCH_RETRY_MS = 10_000

/** Callers of a page when all waiting jobs are made due: few, because calls that ring come first. */
const START_PAGE = 20

const WHEN_OPEN: Record<Endpoint, string> = {
  model: 'the language model cannot be reached, and calls wait to be learnt from: check OPENCLAW_API_BASE_URL',
  elevenlabs: 'ElevenLabs cannot be reached, and calls wait whose transcript is needed: check ELEVENLABS_API_BASE_URL'
}

const WHEN_CLOSED: Record<Endpoint, string> = {
  model: 'the language model can be reached again',
  elevenlabs: 'ElevenLabs can be reached again'
}

/** How often is looked for work that nobody told of: tries that are due, and what other bridges have noted; in milliseconds. */
const POLL_MS = 2_000

/** And without a model, when there are only old turns to drop. */
const IDLE_POLL_MS = 60_000

/** And after the storage has failed. */
const STORAGE_PAUSE_MS = 10_000

/** How long nobody else takes a caller who is being worked for, in milliseconds. */
const LEASE_MS = 15 * 60_000

/** How often a caller is looked at whose calls wait for a model that there is not, in milliseconds. */
const WITHOUT_MODEL_MS = 60 * 60_000

/** A note of work that is not there may be about to be followed by it: it is kept this long, in milliseconds. */
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
    // Without a model nothing is tried.
    let startCursor: StartCursor = model === null ? DONE : null
    while (!signal.aborted) {
      let restMs = model === null ? IDLE_POLL_MS : POLL_MS
      try {
        while (startCursor !== DONE && !signal.aborted) startCursor = await makeDue(startCursor)
        // While the circuit is half-open, one caller's request finds out for all.
        while (running.size < (circuits.model.state() === 'half-open' ? 1 : CONCURRENCY) && !signal.aborted) {
          const work = await store.queue.take(now().toISOString(), later(LEASE_MS))
          if (work === null) break
          // Noted anew while we are at it: it is looked at again when that is done.
          if (running.has(work.phoneHash)) await store.queue.complete(work, later(POLL_MS))
          else running.set(work.phoneHash, learnAbout(work, signal).finally(() => finished(work)))
        }
        isStorageDown = false
      } catch (err) {
        if (!isStorageDown) log.warn({ err }, 'whether there is something to learn from cannot be seen; it is tried again')
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

  /** Makes the waiting jobs of a page of callers due: whoever fixes a setting and restarts expects them to be tried. */
  async function makeDue (after: string | null): Promise<StartCursor> {
    const at = now().toISOString()
    const { phoneHashes, next } = await store.queue.list(after, START_PAGE)
    await Promise.all(phoneHashes.map(async (phoneHash) => {
      try {
        // Noted even when nothing changed: a process that died may have taken the work, or put it off.
        if (await store.update(phoneHash, tryWaitingNow(at)) > 0) await store.queue.schedule(phoneHash, at)
      } catch (error) {
        // Reported when they ring.
        if (!(error instanceof RecordDamaged || error instanceof RecordSealed)) throw error
      }
    }))
    return next ?? DONE
  }

  /** Does what is due for one caller. Never rejects: what fails is noted in the job, or tried again when the lease ends. */
  async function learnAbout (work: QueuedCaller, signal: AbortSignal): Promise<void> {
    try {
      await store.update(work.phoneHash, dropOldTurns(now().toISOString()))
      const held = model === null ? new Map<string, string>() : await tryJobs(work.phoneHash, model, signal)
      await store.queue.complete(work, await dueAfter(work, held, signal))
    } catch (err) {
      log.error({ caller: hashPrefix(work.phoneHash), err }, 'learning from a call came to a halt; it is tried again')
    }
  }

  /** The result is which of the due jobs were not tried, by conversation id, and until when. */
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

  /** Until when a job has to wait for an endpoint (ISO 8601), or null. */
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
    // Without a model what is due stays due; it is looked at now and then, should there be one again.
    const end = nextTurnsEnd(record)
    return end !== null && end < later(WITHOUT_MODEL_MS) ? end : later(WITHOUT_MODEL_MS)
  }

  /** Null when it was tried, otherwise until when it has to wait. */
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
      // Whatever it is, a defect too: the job must come to an end that can be seen, and the next one its turn.
      const failure = { now: now(), tries: job.tries, retryAfterMs: retryAfter(err), isFinal: err instanceof ConversationGone }
      const state = await store.update(phoneHash, jobFailed(conversationId, reasonOf(err), failure))
      // Our own errors say what to do; of others the stack is needed.
      const why = isOurs(err) ? { reason: err.message } : { err }
      log[state === 'failed' ? 'error' : 'warn']({ caller, conversation: conversationId, state, ...why }, state === 'failed' ? 'a call could not be learnt from: POST /api/jobs/{id}/retry tries again' : 'a call could not be learnt from yet')
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
      conversationId: job.conversation_id, answer, malformed, turns, saidAt, minConfidence, mask, ids, now: now().toISOString()
    }))
  }

  async function refetched ({ conversation_id: conversationId }: LearningJob, mask: (text: string) => string, signal: AbortSignal): Promise<Turn[]> {
    const spoken = await fetched(conversationId, signal)
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
  const told = ({ id, text }: { id: string, text: string }) => ({ id, text })
  return {
    facts: record.facts.filter((fact) => isCurrentFact(fact, now)).map(told),
    openItems: record.open_items?.filter(isOpen).map(told) ?? [],
    callerName: record.caller_name,
    startedAt,
    turns
  }
}

/** Milliseconds that the other side asks to wait, or null. */
function retryAfter (error: unknown): number | null {
  return error instanceof Error && 'retryAfterMs' in error && typeof error.retryAfterMs === 'number' ? error.retryAfterMs : null
}

/** Our own errors say what to do and carry no text of a caller's; others may. */
function reasonOf (error: unknown): string {
  return isOurs(error) ? error.message : 'a defect: the log says more'
}

function isOurs (error: unknown): error is Error {
  return [ModelUnavailable, ModelMisconfigured, ModelAnswerUnusable, ConversationGone].some((Ours) => error instanceof Ours) ||
    (error instanceof Error && 'code' in error && String(error.code).startsWith('BRIDGE_'))
}

/** There is nothing left to learn from. */
class ConversationGone extends Error {
  override readonly name = 'ConversationGone'

  constructor () {
    super('What was said is kept neither here nor at ElevenLabs any more')
  }
}
