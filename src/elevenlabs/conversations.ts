/**
 * Reads the conversations stored at ElevenLabs, tolerantly.
 *
 * @see https://elevenlabs.io/docs/api-reference/conversations/list
 */
import type { BackfillPosition } from '../../schemas/caller-record.ts'
import { BackfillPositionLost, ElevenLabsRefused } from '../errors.ts'
import { isFields, listIn, numberOf, textOf, type Fields } from '../json.ts'
import { ask, idOf, nextOf, notTheApi, type AskOptions, type ElevenLabsContext } from './ask.ts'

export type ListedConversation = ReturnType<typeof listed>[number]

const PATH = '/v1/convai/conversations'

/** Possible responses to an unknown cursor. */
const CURSOR_FAULTS = [400, 404, 410, 422]

/**
 * A page of the calls of an agent that began after `since`, newest first (the order is observed, not documented), and
 * the cursor of the next page; null on the last one.
 *
 * @param pageSize - 1 to 100
 * @throws {ElevenLabsUnavailable} every try failed
 * @throws {ElevenLabsRefused} trying again is useless
 * @throws {BackfillPositionLost} ElevenLabs does not accept the cursor
 */
export async function listConversations (
  ctx: ElevenLabsContext, { agent, since, cursor }: BackfillPosition, pageSize: number, options: AskOptions
) {
  const query = new URLSearchParams({
    agent_id: agent,
    call_start_after_unix: String(since),
    page_size: String(pageSize),
    ...(cursor === null ? {} : { cursor })
  })
  const { status, body } = await ask(ctx, { method: 'GET', path: `${PATH}?${query.toString()}` }, options)
  if (cursor !== null && CURSOR_FAULTS.includes(status)) throw new BackfillPositionLost()
  if (status === 404) {
    throw new ElevenLabsRefused(
      'ElevenLabs does not know the agent (404): check ELEVENLABS_AGENT_ID, ' +
      'and that ELEVENLABS_API_KEY is from the same workspace')
  }
  if (status !== 200) throw refusal(status)
  const conversations = (listIn(body, 'conversations') ?? notTheApi()).flatMap(listed)
  // An empty page is the last one, even if it names a next one.
  return { conversations, next: conversations.length === 0 ? null : nextOf(body, cursor) }
}

/**
 * A conversation, with the fields that the post-call webhook has under `data`. Null if it does not exist, is not a
 * JSON object, or is larger than 25 MB.
 *
 * @throws {ElevenLabsUnavailable} every try failed
 * @throws {ElevenLabsRefused} trying again is useless
 */
export async function getConversation (
  ctx: ElevenLabsContext, conversationId: string, options: AskOptions
): Promise<Fields | null> {
  const path = `${PATH}/${encodeURIComponent(conversationId)}`
  const { status, body } = await ask(ctx, { method: 'GET', path }, options)
  if (isKeyRefused(status)) throw refusal(status)
  return status === 200 && isFields(body) ? body : null
}

const isKeyRefused = (status: number) => status === 401 || status === 403

function refusal (status: number): Error {
  return new ElevenLabsRefused(isKeyRefused(status)
    ? `ElevenLabs refuses the key (${status}): check ELEVENLABS_API_KEY, and that it may read conversations`
    : `ElevenLabs refuses the request (${status}): check ELEVENLABS_AGENT_ID`)
}

/** Drops entries without an id, which could not be fetched. */
function listed (entry: Fields) {
  const conversationId = idOf(entry, 'conversation_id')
  return conversationId === null
    ? []
    : [{
        conversationId,
        agentId: textOf(entry, 'agent_id'),
        /** Unix time. */
        startedAtSeconds: numberOf(entry, 'start_time_unix_secs'),
        /** `initiated`, `in-progress`, `processing`, `done`, `failed`, or an unknown one. */
        status: textOf(entry, 'status'),
        /** `inbound` or `outbound`; null unless it is a phone call. */
        direction: textOf(entry, 'direction')
      }]
}
