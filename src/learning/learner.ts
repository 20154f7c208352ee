/** The learner: takes one caller after another for whom there is work, and lets the model read what was said on their calls. */
import type { CallerRecord, LearningJob, Turn } from '../../schemas/caller-record.ts'
import { pauseInBackground } from '../background-pause.ts'
import { knownRecord } from '../caller/caller.ts'
import { isCurrentFact } from '../caller/facts.ts'
import { dropOldTurns, dueJobs, findJob, jobFailed, nextDue, nextTurnsEnd } from '../caller/learning-jobs.ts'
import { isOpen } from '../caller/open-items.ts'
import type { CallerIdReader } from '../phone/caller-id-reader.ts'
import { hashPrefix } from '../phone/phone-hash.ts'
import type { DueWork, Store } from '../store/store.ts'
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
  /** What was said on a conversation that ElevenLabs still has, or null when it is gone. */
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
  /** Learns until the signal is aborted; then what is under way is put back. Never rejects. */
  run (signal: AbortSignal): Promise<void>
}

/** Callers at a time: each holds one request to the model. */
const CONCURRENCY = 2

/** How often is looked for work that nobody told of: tries that are due, and what other bridges have noted; in milliseconds. */
const LOOK_MS = 2_000

/** And without a model, when there are only old turns to drop. */
const IDLE_LOOK_MS = 60_000

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
  let wake = () => {}
  let isAwake = false

  const later = (ms: number) => new Date(now().getTime() + ms).toISOString()

  async function run (signal: AbortSignal): Promise<void> {
    let isStorageAway = false
    while (!signal.aborted) {
      isAwake = false
      let restMs = model === null ? IDLE_LOOK_MS : LOOK_MS
      try {
        while (running.size < CONCURRENCY && !signal.aborted) {
          const work = await store.work.take(now().toISOString(), later(LEASE_MS))
          if (work === null) break
          // Noted anew while we are at it: it is looked at again when that is done.
          if (running.has(work.phoneHash)) await store.work.settle(work, later(LOOK_MS))
          else running.set(work.phoneHash, workFor(work, signal).finally(() => { running.delete(work.phoneHash) }))
        }
        isStorageAway = false
      } catch (err) {
        if (!isStorageAway) log.warn({ err }, 'whether there is something to learn from cannot be seen; it is tried again')
        isStorageAway = true
        restMs = STORAGE_PAUSE_MS
      }
      if (!isAwake && !signal.aborted) await Promise.race([rest(restMs, signal), ...running.values()])
    }
    await Promise.all(running.values())
  }

  /** Resolves after a while, when somebody wakes us, or when the signal is aborted. */
  async function rest (ms: number, signal: AbortSignal): Promise<void> {
    const resting = new AbortController()
    const end = () => resting.abort()
    wake = end
    signal.addEventListener('abort', end)
    await pauseInBackground(ms, resting.signal)
    signal.removeEventListener('abort', end)
  }

  /** Does what is due for one caller. Never rejects: what fails is noted in the job, or tried again when the lease ends. */
  async function workFor (work: DueWork, signal: AbortSignal): Promise<void> {
    try {
      await store.update(work.phoneHash, dropOldTurns(now().toISOString()))
      if (model !== null) await tryJobs(work.phoneHash, model, signal)
      await store.work.settle(work, await dueAfter(work, signal))
    } catch (err) {
      log.error({ caller: hashPrefix(work.phoneHash), err }, 'learning from a call came to a halt; it is tried again')
    }
  }

  async function tryJobs (phoneHash: string, model: Model, signal: AbortSignal): Promise<void> {
    for (let job = await nextJob(phoneHash); job !== undefined && !signal.aborted; job = await nextJob(phoneHash)) {
      await tryJob(phoneHash, job, model, signal)
    }
  }

  async function nextJob (phoneHash: string): Promise<LearningJob | undefined> {
    return dueJobs(await load(phoneHash), now().toISOString())[0]
  }

  async function dueAfter ({ phoneHash, notedAt }: DueWork, signal: AbortSignal): Promise<string | null> {
    const record = await load(phoneHash)
    const due = nextDue(record)
    if (due === null) return notedAt > later(-GRACE_MS) ? later(GRACE_MS) : null
    if (model !== null || signal.aborted) return due
    // Without a model what is due stays due; it is looked at now and then, should there be one again.
    const end = nextTurnsEnd(record)
    return end !== null && end < later(WITHOUT_MODEL_MS) ? end : later(WITHOUT_MODEL_MS)
  }

  async function tryJob (phoneHash: string, job: LearningJob, model: Model, signal: AbortSignal): Promise<void> {
    const caller = hashPrefix(phoneHash)
    const { conversation_id: conversationId } = job
    try {
      const learnings = await learnFrom(phoneHash, job, model, signal)
      if (learnings !== null) log.info({ caller, conversation: conversationId, ...learnings }, 'learnt from a call')
    } catch (err) {
      if (signal.aborted) return
      // Whatever it is, a defect too: the job must come to an end that can be seen, and the next one its turn.
      const failure = { now: now(), tries: job.tries, retryAfterMs: retryAfter(err), isFinal: err instanceof ConversationGone }
      const state = await store.update(phoneHash, jobFailed(conversationId, reasonOf(err), failure))
      // Our own errors say what to do; of others the stack is needed.
      const why = isOurs(err) ? { reason: err.message } : { err }
      log[state === 'failed' ? 'error' : 'warn']({ caller, conversation: conversationId, state, ...why }, state === 'failed' ? 'a call could not be learnt from: POST /api/jobs/{id}/retry tries again' : 'a call could not be learnt from yet')
    }
  }

  async function learnFrom (phoneHash: string, job: LearningJob, model: Model, signal: AbortSignal) {
    const mask = (text: string) => callerId.known(phoneHash).mask(redact(text))
    const turns = job.turns ?? await refetched(job, mask, signal)
    const record = await load(phoneHash)
    if (record === null || findJob(record, job.conversation_id) === undefined) return null
    const call = record.calls.find((each) => each.conversation_id === job.conversation_id)
    const at = now().toISOString()
    const { answer, malformed } = await askAll(model, inputOf(record, turns, call?.started_at ?? job.created_at, at), signal)
    const ids = Array.from({ length: answer.operations.length + answer.open_items.length }, newId)
    const endedAt = call?.ended_at ?? job.created_at
    const saidAt = endedAt < at ? endedAt : at
    return await store.update(phoneHash, learn({
      conversationId: job.conversation_id, answer, malformed, turns, saidAt, minConfidence, mask, ids, now: now().toISOString()
    }))
  }

  async function refetched ({ conversation_id: conversationId }: LearningJob, mask: (text: string) => string, signal: AbortSignal): Promise<Turn[]> {
    const spoken = await fetchTurns(conversationId, signal)
    const turns = spoken === null ? [] : turnsFrom(spoken, mask)
    if (turns.length === 0) throw new ConversationGone()
    return turns
  }

  async function load (phoneHash: string): Promise<CallerRecord | null> {
    return knownRecord(await store.load(phoneHash))
  }

  return {
    run,
    wake () {
      isAwake = true
      wake()
    }
  }
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
