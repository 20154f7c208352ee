/** The response to a call start. @see https://elevenlabs.io/docs/eleven-agents/customization/personalization */
import type { Note, CallerRecord } from '../../schemas/caller-record.ts'
import type { CallStartResponse } from '../../schemas/personalize.ts'
import { isReturning, memoryBlock, nameForPrompt, type Line } from './memory-block.ts'
import { BRIDGE_VARIABLES, isSecret, PLACEHOLDER, placeholders, type Soul } from './soul.ts'

/** As JSON in UTF-8. */
export const MAX_RESPONSE_BYTES = 32_000

/** Fields of the agent that a response can override. Each must be allowed in the agent's settings at ElevenLabs. */
export type Override = 'prompt' | 'first_message' | 'language'

export interface ResponseSettings {
  overrides: readonly Override[]
  /** Characters of the memory block. */
  memoryMaxChars: number
  timeZone: string
}

export interface ResponseInput {
  soul: Soul
  record: CallerRecord
  /** Which call this is, from 1. */
  callNumber: number
  sessionId: string
  /** For the tools. Default: {@link NO_TOKEN}. */
  callerToken?: string
  globalNotes: Note[]
  /** ISO 8601. */
  now: string
}

export interface RenderedResponse {
  response: CallStartResponse
  /** In order of priority. */
  told: Line[]
  /** What did not fit, in order of priority. */
  leftOut: () => Line[]
}

type Variables = CallStartResponse['dynamic_variables']
type AgentOverride = NonNullable<CallStartResponse['conversation_config_override']>['agent']

/** For variables that are not known: the agent may read them aloud. */
const NEUTRAL: Record<Exclude<typeof BRIDGE_VARIABLES[number], 'session_id' | 'secret__caller_token'>, string> = {
  caller_name: 'there',
  call_count: '1',
  is_returning: 'false',
  last_call_summary: 'none on file',
  caller_memory: 'nothing on file yet'
}

/** Where there is no call, as in a preview. */
export const NO_TOKEN = 'made when a call starts'

/** The longest possible values in bytes; some letters have four. */
const LONGEST = {
  name: '\u{20000}'.repeat(60),
  sessionId: ' '.repeat(64),
  // With ids of 200 characters.
  token: ' '.repeat(1200),
  count: ' '.repeat(16),
  language: 'xxx-xxxxxxxx'
}

export interface PromptBuilder {
  personal (input: Omit<ResponseInput, 'soul'>): RenderedResponse
  neutral (sessionId: string, callerToken?: string): CallStartResponse
  /** For agents that are not ours. */
  foreign (sessionId: string, callerToken?: string): CallStartResponse
  /** BCP 47; null if the soul names none. */
  language (): string | null
}

/** @param soul - read for every response, so that an edit of the soul takes effect at once */
export function createPromptBuilder (soul: () => Soul, settings: ResponseSettings): PromptBuilder {
  return {
    personal: (input) => personalResponse({ soul: soul(), ...input }, settings),
    neutral: (sessionId, callerToken) => neutralResponse(soul(), sessionId, settings, callerToken),
    foreign: (sessionId, callerToken) => foreignResponse(soul(), sessionId, callerToken),
    language: () => soul().language
  }
}

/** For callers with a phone number, known or new. Halves the memory block until the response is small enough. */
export function personalResponse (input: ResponseInput, settings: ResponseSettings): RenderedResponse {
  for (let maxChars = settings.memoryMaxChars; ; maxChars = Math.floor(maxChars / 2)) {
    const rendered = render(input, { ...settings, memoryMaxChars: maxChars })
    if (maxChars === 0 || byteLength(rendered.response) <= MAX_RESPONSE_BYTES) return rendered
  }
}

/** For callers without a phone number, and when anything fails: the soul with neutral values. */
export function neutralResponse (
  soul: Soul, sessionId: string, settings: ResponseSettings, callerToken = NO_TOKEN
): CallStartResponse {
  const variables = neutralVariables(soul, sessionId, callerToken)
  return compose(variables, override({
    prompt: soul.prompt,
    firstMessage: fill(soul.firstMessage, variables),
    language: soul.language
  }, settings.overrides))
}

/** For agents that are not ours: neutral values and no override. */
export function foreignResponse (soul: Soul, sessionId: string, callerToken = NO_TOKEN): CallStartResponse {
  return compose(neutralVariables(soul, sessionId, callerToken), undefined)
}

/** The most bytes that a response with this soul can have without a memory block. */
export function maxBytesWithoutMemory (soul: Soul, { overrides }: Pick<ResponseSettings, 'overrides'>): number {
  const variables = {
    ...neutralVariables(soul, LONGEST.sessionId, LONGEST.token),
    caller_name: LONGEST.name,
    call_count: LONGEST.count
  }
  const bytesWith = (firstMessage: string | null) => byteLength(compose(variables, override({
    prompt: soul.prompt,
    firstMessage: fill(firstMessage, variables),
    language: LONGEST.language
  }, overrides)))
  return Math.max(bytesWith(soul.firstMessage), bytesWith(soul.firstMessageReturning))
}

export function byteLength (response: CallStartResponse): number {
  return Buffer.byteLength(JSON.stringify(response))
}

function render (input: ResponseInput, settings: ResponseSettings): RenderedResponse {
  const { soul, record, callNumber } = input
  // New properties before the spread: after it, V8 would make a hidden class for every single object.
  const block = memoryBlock({ timeZone: settings.timeZone, maxChars: settings.memoryMaxChars, ...input })
  const known = knownVariables(input, block.told)
  const neutral = neutralVariables(soul, input.sessionId, input.callerToken ?? NO_TOKEN)
  const variables: Variables = { ...neutral, ...known }
  const response = compose(variables, override({
    prompt: block.text === '' ? soul.prompt : `${soul.prompt}\n\n${block.text}`,
    firstMessage: firstMessage(soul, variables, isReturning(record, callNumber) ? known : null),
    language: languageOverride(record) ?? soul.language
  }, settings.overrides))
  return { response, told: block.told, leftOut: block.leftOut }
}

/** A learnt language is not sent: if the agent does not speak it, the override can end the call. */
function languageOverride ({ language, learnt_fields: learnt }: CallerRecord): string | null {
  return learnt?.includes('language') === true ? null : language
}

function knownVariables ({ record, callNumber, sessionId }: ResponseInput, told: Line[]): Partial<Variables> {
  const known: Partial<Variables> = {
    session_id: sessionId,
    call_count: String(callNumber),
    is_returning: String(isReturning(record, callNumber))
  }
  const name = nameForPrompt(record)
  if (name !== null) known.caller_name = name

  // A line that did not fit into the block is not told through a variable either.
  const lastCall = told.find((line) => line.reason === 'last-call')
  if (lastCall !== undefined) known.last_call_summary = lastCall.content
  const memory = told.filter((line) => line.section === 'facts' || line.reason === 'caller-note')
  if (memory.length > 0) known.caller_memory = memory.map((line) => line.text).join('; ')
  return known
}

function neutralVariables (soul: Soul, sessionId: string, callerToken: string): Variables {
  return { ...soul.variables, ...NEUTRAL, session_id: sessionId, secret__caller_token: callerToken }
}

/** @param known - the known variables of a returning caller; null for others */
function firstMessage (soul: Soul, variables: Variables, known: Partial<Variables> | null): string | null {
  if (known === null || soul.firstMessageReturning === null) return fill(soul.firstMessage, variables)
  const isKnown = (name: string) =>
    name.startsWith('system__') || Object.hasOwn(known, name) || Object.hasOwn(soul.variables, name)
  return placeholders(soul.firstMessageReturning).every(isKnown)
    ? fill(soul.firstMessageReturning, variables)
    : fill(soul.firstMessage, variables)
}

/** `system__…`, secrets and unknown variables are left for ElevenLabs. */
function fill (text: string | null, variables: Variables): string | null {
  return text?.replace(PLACEHOLDER, (placeholder, inside: string) => {
    const name = inside.trim()
    return Object.hasOwn(variables, name) && !isSecret(name) ? variables[name as keyof Variables] : placeholder
  }) ?? null
}

/** A blank first message would make the agent mute. */
function isBlank (text: string | null): text is null {
  return text === null || text.trim() === ''
}

type ConfigOverride = CallStartResponse['conversation_config_override']

function override (
  { prompt, firstMessage, language }: { prompt: string, firstMessage: string | null, language: string | null },
  overrides: readonly Override[]
): ConfigOverride {
  const agent: AgentOverride = {}
  if (overrides.includes('prompt')) agent.prompt = { prompt }
  if (overrides.includes('first_message') && !isBlank(firstMessage)) agent.first_message = firstMessage
  if (overrides.includes('language') && language !== null) agent.language = language
  return Object.keys(agent).length === 0 ? undefined : { agent }
}

function compose (variables: Variables, override: ConfigOverride): CallStartResponse {
  return {
    type: 'conversation_initiation_client_data',
    dynamic_variables: variables,
    user_id: variables.session_id,
    ...(override === undefined ? {} : { conversation_config_override: override })
  }
}
