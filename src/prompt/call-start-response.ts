/**
 * The call-start answer: flat, complete, below 32 KB. A pure function of the soul, the record and the clock.
 *
 * @see https://elevenlabs.io/docs/eleven-agents/customization/personalization
 */
import type { Note, CallerRecord } from '../../schemas/caller-record.ts'
import type { CallStartResponse } from '../../schemas/personalize.ts'
import { isReturning, memoryBlock, nameForPrompt, type Line } from './memory-block.ts'
import { BRIDGE_VARIABLES, PLACEHOLDER, placeholders, type Soul } from './soul.ts'

/** Bytes that an answer may have, as JSON in UTF-8. */
export const MAX_RESPONSE_BYTES = 32_000

/** Fields of the agent that an answer can override; each needs its switch in the agent's settings. */
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
  globalNotes: Note[]
  /** ISO 8601. */
  now: string
}

export interface RenderedResponse {
  response: CallStartResponse
  /** What the prompt tells, in order of priority. */
  told: Line[]
  /** What did not fit, in order of priority. */
  leftOut: () => Line[]
}

type Variables = CallStartResponse['dynamic_variables']
type AgentOverride = NonNullable<CallStartResponse['conversation_config_override']>['agent']

/** Values that read well aloud when nothing is known. */
const NEUTRAL: Record<Exclude<typeof BRIDGE_VARIABLES[number], 'session_id'>, string> = {
  caller_name: 'there',
  call_count: '1',
  is_returning: 'false',
  last_call_summary: 'none on file',
  caller_memory: 'nothing on file yet'
}

/** The longest values that a record may have, in bytes: letters of 4 bytes exist. */
const LONGEST = { name: '\u{20000}'.repeat(60), sessionId: ' '.repeat(64), count: ' '.repeat(16), language: 'xxx-xxxxxxxx' }

/** The answer for a caller with a real number, known or new. Memory gives way until the answer is small enough. */
export function personalResponse (input: ResponseInput, settings: ResponseSettings): RenderedResponse {
  for (let maxChars = settings.memoryMaxChars; ; maxChars = Math.floor(maxChars / 2)) {
    const rendered = render(input, { ...settings, memoryMaxChars: maxChars })
    if (maxChars === 0 || fits(rendered.response, input.soul)) return rendered
  }
}

/** The soul, the stranger's first message and neutral values: for callers without a number, and when anything fails. */
export function neutralResponse (soul: Soul, sessionId: string, settings: ResponseSettings): CallStartResponse {
  const variables = neutralVariables(soul, sessionId)
  return compose(variables, override({
    prompt: soul.prompt,
    firstMessage: fill(soul.firstMessage, variables),
    language: soul.language
  }, settings.overrides))
}

/** Neutral values and no override: for agents that are not ours. */
export function foreignResponse (soul: Soul, sessionId: string): CallStartResponse {
  return compose(neutralVariables(soul, sessionId), undefined)
}

/** Bytes of the largest answer that tells no memory: what a soul takes, whoever calls. */
export function leastBytes (soul: Soul, { overrides }: Pick<ResponseSettings, 'overrides'>): number {
  const variables = { ...neutralVariables(soul, LONGEST.sessionId), caller_name: LONGEST.name, call_count: LONGEST.count }
  return Math.max(...[soul.firstMessage, soul.firstMessageReturning].map((text) => byteLength(compose(variables, override({
    prompt: soul.prompt, firstMessage: fill(text, variables), language: LONGEST.language
  }, overrides)))))
}

/** Bytes of an answer on the wire. */
export function byteLength (response: CallStartResponse): number {
  return Buffer.byteLength(JSON.stringify(response))
}

/** Whether an answer is small enough. Its lengths nearly always settle that; to write it out takes a third of the time of all the rest. */
function fits (response: CallStartResponse, soul: Soul): boolean {
  return bytesAtMost(response, soul) <= MAX_RESPONSE_BYTES || byteLength(response) <= MAX_RESPONSE_BYTES
}

/**
 * What an answer with this soul takes at most, from its lengths: JSON never needs more than six bytes for a UTF-16 unit, and
 * no more than three in the memory block, where only quotes, backslashes and line breaks are escaped.
 */
function bytesAtMost ({ dynamic_variables: variables, user_id: userId, conversation_config_override: override }: CallStartResponse, soul: Soul): number {
  const { prompt, first_message: greeting = '' } = override?.agent ?? {}
  const block = prompt === undefined ? 0 : prompt.prompt.length - soul.prompt.length
  const values = BRIDGE_VARIABLES.reduce((sum, name) => sum + variables[name].length, userId.length + greeting.length)
  return soulBytes(soul) + 3 * block + 6 * values
}

/** Kept by soul, of which a bridge has one at a time: to write out 20 KB takes longer than the whole answer. */
const bytesBySoul = new WeakMap<Soul, number>()

function soulBytes (soul: Soul): number {
  const known = bytesBySoul.get(soul)
  if (known !== undefined) return known
  const bytes = leastBytes(soul, { overrides: ['prompt', 'first_message', 'language'] })
  bytesBySoul.set(soul, bytes)
  return bytes
}

function render (input: ResponseInput, settings: ResponseSettings): RenderedResponse {
  const { soul, record, callNumber } = input
  // New properties stand before those that are spread: behind them, V8 makes a hidden class for every single object.
  const block = memoryBlock({ timeZone: settings.timeZone, maxChars: settings.memoryMaxChars, ...input })
  const known = knownVariables(input, block.told)
  const variables: Variables = { ...neutralVariables(soul, input.sessionId), ...known }
  const response = compose(variables, override({
    prompt: block.text === '' ? soul.prompt : `${soul.prompt}\n\n${block.text}`,
    firstMessage: firstMessage(soul, variables, isReturning(record, callNumber) ? known : null),
    language: spokenLanguage(record) ?? soul.language
  }, settings.overrides))
  return { response, told: block.told, leftOut: block.leftOut }
}

/** The language to response in. One that was learnt may be none of the agent's, and an override that is not can end the call. */
function spokenLanguage ({ language, learnt_fields: learnt }: CallerRecord): string | null {
  return learnt?.includes('language') === true ? null : language
}

/** The bridge's variables that have a real value for this caller. */
function knownVariables ({ record, callNumber, sessionId }: ResponseInput, told: Line[]): Partial<Variables> {
  const known: Partial<Variables> = {
    session_id: sessionId,
    call_count: String(callNumber),
    is_returning: String(isReturning(record, callNumber))
  }
  const name = nameForPrompt(record)
  if (name !== null) known.caller_name = name

  // What found no room in the block is not told through a variable either.
  const lastCall = told.find((line) => line.reason === 'last-call')
  if (lastCall !== undefined) known.last_call_summary = lastCall.said
  const memory = told.filter((line) => line.section === 'facts' || line.reason === 'caller-note').map((line) => line.text)
  if (memory.length > 0) known.caller_memory = memory.join('; ')
  return known
}

function neutralVariables (soul: Soul, sessionId: string): Variables {
  return { ...soul.variables, ...NEUTRAL, session_id: sessionId }
}

/**
 * The greeting: the one for returning callers when everything in it is known, otherwise the stranger's.
 *
 * @param known - what is known about a returning caller; null for a stranger
 */
function firstMessage (soul: Soul, variables: Variables, known: Partial<Variables> | null): string | null {
  if (known === null || soul.firstMessageReturning === null) return fill(soul.firstMessage, variables)
  const isKnown = (name: string) => name.startsWith('system__') || Object.hasOwn(known, name) || Object.hasOwn(soul.variables, name)
  return placeholders(soul.firstMessageReturning).every(isKnown)
    ? fill(soul.firstMessageReturning, variables)
    : fill(soul.firstMessage, variables)
}

/** Fills the variables that the answer carries; `system__…` and unknown ones stay for ElevenLabs. */
function fill (text: string | null, variables: Variables): string | null {
  return text?.replace(PLACEHOLDER, (placeholder, inside: string) => {
    const name = inside.trim()
    return Object.hasOwn(variables, name) ? variables[name as keyof Variables] : placeholder
  }) ?? null
}

/** A blank first message would make the agent mute. */
function isBlank (text: string | null): text is null {
  return text === null || text.trim() === ''
}

function override (
  { prompt, firstMessage, language }: { prompt: string, firstMessage: string | null, language: string | null },
  overrides: readonly Override[]
): CallStartResponse['conversation_config_override'] {
  const agent: AgentOverride = {}
  if (overrides.includes('prompt')) agent.prompt = { prompt }
  if (overrides.includes('first_message') && !isBlank(firstMessage)) agent.first_message = firstMessage
  if (overrides.includes('language') && language !== null) agent.language = language
  return Object.keys(agent).length === 0 ? undefined : { agent }
}

function compose (variables: Variables, override: CallStartResponse['conversation_config_override']): CallStartResponse {
  return {
    type: 'conversation_initiation_client_data',
    dynamic_variables: variables,
    user_id: variables.session_id,
    ...(override === undefined ? {} : { conversation_config_override: override })
  }
}
