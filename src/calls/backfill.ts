/** Missed calls, a page at a time: what ElevenLabs has of our agents' calls is taken in as their post-call webhook would be. */
import type { BackfillPosition } from '../../schemas/caller-record.ts'
import type { Conversations, ListedConversation } from '../elevenlabs/conversations.ts'
import { RecordDamaged, RecordSealed } from '../errors.ts'
import { fieldsOf, numberOf, textOf, type Fields } from '../webhook/json-fields.ts'
import type { EndCall } from './call-end.ts'

export interface BackfillParts {
  conversations: Conversations
  /** Our agents' ids. */
  agentIds: readonly string[]
  endCall: EndCall
}

/** What became of calls. */
export interface BackfillCounts {
  /** Added, or completed. */
  added: number
  /** Known as they are. */
  known: number
  /** Not to be remembered: no real number, or one that no ring gave (`no-ring`); erased, opted out, another agent's. */
  skipped: number
  /** Still going on, or not yet analysed by ElevenLabs. */
  unfinished: number
  /** Could not be read at ElevenLabs, or their caller's record not here. */
  failed: number
}

export interface BackfillPage {
  counts: BackfillCounts
  /** When the oldest call of the page began, Unix seconds; null when there is none that says. */
  reached: number | null
  /** Null behind the last agent's last page. */
  next: BackfillPosition | null
}

export const NO_COUNTS: BackfillCounts = { added: 0, known: 0, skipped: 0, unfinished: 0, failed: 0 }

/** Calls on a page: each costs a request, and what is done of a page that is broken off is done again. */
const PAGE_CALLS = 10

/** A call whose status is another one will be listed again. */
const OVER = ['done', 'failed']

/**
 * Takes in a page of calls, the oldest of them first. A page may be done again at any time: what is known changes nothing.
 * When the signal is aborted it rejects; what was taken in by then stays.
 *
 * @param position - its agent is one of ours
 * @throws {ElevenLabsUnavailable} the page is to be done again later
 * @throws {ElevenLabsRefused} it is of no use until the settings are mended
 * @throws {BackfillPlaceLost} the place has to be one without a cursor
 * @throws {StorageUnavailable} nothing of the call at hand was kept
 */
export async function backfillPage ({ conversations, agentIds, endCall }: BackfillParts, position: BackfillPosition, signal: AbortSignal): Promise<BackfillPage> {
  const { conversations: listed, next: cursor } = await conversations.list({
    agentId: position.agent, startedAfterSeconds: position.since, cursor: position.cursor, pageSize: PAGE_CALLS, signal
  })
  const counts = { ...NO_COUNTS }
  for (const call of oldestFirst(listed)) counts[await fateOf(call)]++
  const nextAgent = agentIds[agentIds.indexOf(position.agent) + 1]
  return {
    counts,
    reached: listed.reduce<number | null>((oldest, { startedAtSeconds: at }) => at === null ? oldest : Math.min(oldest ?? at, at), null),
    next: cursor !== null
      ? { ...position, cursor }
      : nextAgent === undefined ? null : { ...position, agent: nextAgent, cursor: null }
  }

  async function fateOf (call: ListedConversation): Promise<keyof BackfillCounts> {
    if (call.agentId !== null && !agentIds.includes(call.agentId)) return 'skipped'
    if (call.status === null || !OVER.includes(call.status)) return 'unfinished'
    signal.throwIfAborted()
    const conversation = await conversations.get(call.conversationId, signal)
    if (conversation === null || textOf(conversation, 'agent_id') === null) return 'failed'
    try {
      // What the API says with our key is as good as a signature.
      const { outcome } = await endCall(envelopeFor(call, conversation), true)
      if (outcome === 'closed' || outcome === 'added') return 'added'
      return outcome === 'repeated' ? 'known' : 'skipped'
    } catch (error) {
      // One caller's record, or one call that cannot be stored, must not keep all others away.
      if (error instanceof RecordDamaged || error instanceof RecordSealed || error instanceof TypeError) return 'failed'
      throw error
    }
  }
}

/** Those that do not say when they began come first, as listed. */
function oldestFirst (listed: readonly ListedConversation[]): ListedConversation[] {
  return listed.toReversed().sort((a, b) => (a.startedAtSeconds ?? 0) - (b.startedAtSeconds ?? 0))
}

/** The id of the list: without one the same call would be another one each time. */
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
