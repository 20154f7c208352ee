/** Missed calls, a page at a time: each call that ElevenLabs has is recorded as its call end would have been. */
import type { BackfillPosition } from '../../schemas/caller-record.ts'
import { PATIENT, type ElevenLabsContext } from '../elevenlabs/ask.ts'
import { getConversation, listConversations, type ListedConversation } from '../elevenlabs/conversations.ts'
import { RecordDamaged, RecordSealed } from '../errors.ts'
import { DocumentInvalid } from '../store/document-format.ts'
import { fieldsOf, numberOf, textOf, type Fields } from '../webhook/json-fields.ts'
import type { EndedCall } from './call-end.ts'

export interface BackfillParts {
  elevenLabs: ElevenLabsContext
  /** Our agents' ids. */
  agentIds: readonly string[]
  endCall: (envelope: Fields, isSigned: boolean) => Promise<EndedCall>
}

export interface BackfillCounts {
  /** Added, or completed. */
  added: number
  /** Already stored; nothing changed. */
  known: number
  /** No phone number, or one that is not proven (`no-ring`); erased, opted out, or another agent's. */
  skipped: number
  /** Still going on, or not yet analysed by ElevenLabs. */
  unfinished: number
  /** The call at ElevenLabs, or the caller's record here, could not be read. */
  failed: number
}

export interface BackfillPage {
  counts: BackfillCounts
  /** When the oldest call of the page began, in Unix seconds; null if no call says. */
  reached: number | null
  /** Null after the last agent's last page. */
  next: BackfillPosition | null
}

export const NO_COUNTS: BackfillCounts = { added: 0, known: 0, skipped: 0, unfinished: 0, failed: 0 }

/** Small, because each call costs a request, and an interrupted page starts over. */
const PAGE_CALLS = 10

/** Calls with any other status will be listed again. */
const ENDED = ['done', 'failed']

/**
 * Records a page of calls, oldest first. Repeating a page changes nothing. Rejects when the signal is aborted; calls
 * recorded by then stay.
 *
 * @param position - its agent is one of ours
 * @throws {ElevenLabsUnavailable} try the page again later
 * @throws {ElevenLabsRefused} trying again is useless until the settings are fixed
 * @throws {BackfillPositionLost} try again without the cursor
 * @throws {StorageUnavailable} nothing of the current call was stored
 */
export async function backfillPage (
  { elevenLabs, agentIds, endCall }: BackfillParts, position: BackfillPosition, signal: AbortSignal
): Promise<BackfillPage> {
  const { conversations: listed, next: cursor } = await listConversations(elevenLabs, {
    agentId: position.agent, startedAfterSeconds: position.since, cursor: position.cursor, pageSize: PAGE_CALLS
  }, { patience: PATIENT, signal })
  const counts = { ...NO_COUNTS }
  for (const call of oldestFirst(listed)) counts[await record(call)]++
  const nextAgent = agentIds[agentIds.indexOf(position.agent) + 1]
  return {
    counts,
    reached: oldestStart(listed),
    next: cursor !== null
      ? { ...position, cursor }
      : nextAgent === undefined ? null : { ...position, agent: nextAgent, cursor: null }
  }

  async function record (call: ListedConversation): Promise<keyof BackfillCounts> {
    if (call.agentId !== null && !agentIds.includes(call.agentId)) return 'skipped'
    if (call.status === null || !ENDED.includes(call.status)) return 'unfinished'
    signal.throwIfAborted()
    const conversation = await getConversation(elevenLabs, call.conversationId, { patience: PATIENT, signal })
    if (conversation === null || textOf(conversation, 'agent_id') === null) return 'failed'
    try {
      // The API authenticated with our key, which is as good as a signature.
      const { outcome } = await endCall(envelopeFor(call, conversation), true)
      if (outcome === 'closed' || outcome === 'added') return 'added'
      return outcome === 'repeated' ? 'known' : 'skipped'
    } catch (error) {
      // One unreadable record, or one call that cannot be stored, must not stop all others.
      if ([RecordDamaged, RecordSealed, DocumentInvalid].some((Known) => error instanceof Known)) return 'failed'
      throw error
    }
  }
}

/** Calls without a start time come first. ElevenLabs lists the newest first. */
function oldestFirst (listed: readonly ListedConversation[]): ListedConversation[] {
  return listed.toReversed().sort((a, b) => (a.startedAtSeconds ?? 0) - (b.startedAtSeconds ?? 0))
}

function oldestStart (listed: readonly ListedConversation[]): number | null {
  const starts = listed.map(({ startedAtSeconds }) => startedAtSeconds).filter((start) => start !== null)
  return starts.length === 0 ? null : Math.min(...starts)
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

export function sumCounts (a: BackfillCounts, b: BackfillCounts): BackfillCounts {
  return {
    added: a.added + b.added,
    known: a.known + b.known,
    skipped: a.skipped + b.skipped,
    unfinished: a.unfinished + b.unfinished,
    failed: a.failed + b.failed
  }
}
