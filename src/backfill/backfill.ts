/** Missed calls, a page at a time: each call that ElevenLabs has is recorded as its call end would have been. */
import type { BackfilledPage } from '../../schemas/backfill.ts'
import type { BackfillPosition } from '../../schemas/caller-record.ts'
import type { EndCallContext } from '../calls/call-end.ts'
import type { AskOptions, ElevenLabsContext } from '../elevenlabs/ask.ts'
import { getConversation, listConversations, type ListedConversation } from '../elevenlabs/conversations.ts'
import { BackfillPositionLost } from '../errors.ts'
import { maskAnyNumber } from '../phone/mask-number.ts'
import { DocumentInvalid } from '../store/formats.ts'
import { fieldsOf, numberOf, textOf, type Fields } from '../json.ts'
import { beginRun, pageAfter, progressOf, savePosition } from './run.ts'
import { isDamaged } from '../store/unreadable.ts'

/** `fastify`, or an object with the same keys. */
export type BackfillContext = EndCallContext & ElevenLabsContext & {
  log: Record<'info' | 'warn' | 'error', (fields: object, message: string) => void>
}

/** As in the schema of a page. */
export const NO_COUNTS = { added: 0, known: 0, skipped: 0, unfinished: 0, failed: 0 }

export const OUTCOMES = Object.keys(NO_COUNTS) as Array<keyof typeof NO_COUNTS>

/** Small, because each call costs a request, and an interrupted page starts over. */
const PAGE_CALLS = 10

/** Calls with any other status will be listed again. */
const ENDED = ['done', 'failed']

/**
 * Records a page of calls, oldest first, and stores where the next one begins. When it rejects, calls recorded by then
 * stay, and the next call of this function repeats the page, which changes nothing for them.
 *
 * @param since - Unix seconds, for the first page: starts a run or resumes one, see {@link beginRun}; null for the rest
 * @throws {ElevenLabsUnavailable | BackfillPositionLost} try again later
 * @throws {ElevenLabsRefused} trying again is useless until the settings are fixed
 * @throws {StorageUnavailable} nothing of the current call was stored
 */
export async function backfillPage (
  ctx: BackfillContext, since: number | null, options: AskOptions
): Promise<BackfilledPage> {
  const { store, now, config: { ELEVENLABS_AGENT_ID: agentIds } } = ctx
  options.signal.throwIfAborted()
  const run = await store.updateDocument('backfill', beginRun(since, agentIds, now()))
  if (run === null) return { ...NO_COUNTS, since: null, progress: 1, next: null }
  const save = (next: BackfillPosition | null) =>
    store.updateDocument('backfill', savePosition(run, next, agentIds, now()))
  const listing = listConversations(ctx, run.next, PAGE_CALLS, options)
  const { conversations, next: cursor } = await listing.catch(async (error: unknown) => {
    if (error instanceof BackfillPositionLost) await save({ ...run.next, cursor: null })
    throw error
  })
  const counts = { ...NO_COUNTS }
  for (const call of oldestFirst(conversations)) counts[await recordCall(ctx, call, options)]++
  const next = pageAfter(run.next, cursor, agentIds)
  const progress = progressOf(run, conversations.map((call) => call.startedAtSeconds), next, agentIds)
  return { ...counts, since: run.since, progress, next: await save(next) }
}

async function recordCall (
  ctx: BackfillContext, call: ListedConversation, options: AskOptions
): Promise<keyof typeof NO_COUNTS> {
  const { conversationId, agentId, status } = call
  if (agentId !== null && !ctx.config.ELEVENLABS_AGENT_ID.includes(agentId)) return 'skipped'
  if (status === null || !ENDED.includes(status)) return 'unfinished'
  options.signal.throwIfAborted()
  const conversation = await getConversation(ctx, conversationId, options)
  if (conversation === null || textOf(conversation, 'agent_id') === null) {
    return failed('ElevenLabs has no such conversation, or sent one that cannot be read')
  }
  try {
    // The API authenticated with our key, which is as good as a signature.
    const { endCall } = await import('../calls/call-end.ts')
    const { outcome } = await endCall(ctx, envelopeFor(call, conversation), true)
    if (outcome === 'closed' || outcome === 'added') return 'added'
    return outcome === 'repeated' ? 'known' : 'skipped'
  } catch (error) {
    // One unreadable record, or one call that cannot be stored, must not stop all others.
    if (!(error instanceof Error && (isDamaged(error) || error instanceof DocumentInvalid))) throw error
    return failed(error.message)
  }

  function failed (reason: string): 'failed' {
    ctx.log.warn({ conversation: maskAnyNumber(conversationId), reason }, 'a missed call could not be recorded')
    return 'failed'
  }
}

/** Calls without a start time come first. ElevenLabs lists the newest first. */
function oldestFirst (listed: readonly ListedConversation[]): ListedConversation[] {
  return listed.toReversed().sort((a, b) => (a.startedAtSeconds ?? 0) - (b.startedAtSeconds ?? 0))
}

/** Uses the listed id: without an id, each backfill would add the same call again. */
function envelopeFor ({ conversationId, startedAtSeconds }: ListedConversation, conversation: Fields): Fields {
  const duration = numberOf(fieldsOf(conversation, 'metadata'), 'call_duration_secs') ?? 0
  return {
    type: 'post_call_transcription',
    event_timestamp: startedAtSeconds === null ? null : startedAtSeconds + duration,
    data: { ...conversation, conversation_id: conversationId }
  }
}
