/** The response to a call start. @see https://elevenlabs.io/docs/eleven-agents/customization/personalization */
import type { Note, CallerRecord } from '../../schemas/caller-record.ts'
import type { Config } from '../../schemas/env.ts'
import type { CallStartResponse } from '../../schemas/personalize.ts'
import { toldParts } from '../caller/told.ts'
import {
  isReturning, memoryBlock, RULE, type Line, type LineLeftOut, type MemoryBlock, type Reason
} from './memory-block.ts'
import { BRIDGE_VARIABLES, isSecret, placeholders, replacePlaceholders, type Soul } from './soul.ts'

/** As JSON in UTF-8. */
export const MAX_RESPONSE_BYTES = 32_000

/** Fields of the agent that a response can override. Each must be allowed in the agent's settings at ElevenLabs. */
export type Override = Exclude<Config['OVERRIDES'][number], 'none'>

export function overridesOf ({ OVERRIDES }: Pick<Config, 'OVERRIDES'>): Override[] {
  return OVERRIDES.filter((name) => name !== 'none')
}

export type ResponseSettings = Pick<Config, 'OVERRIDES' | 'MEMORY_MAX_CHARS' | 'TIMEZONE' | 'RESUME_MINUTES'>

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
  /** `response` as it is sent. */
  json: string
  /** In order of priority. */
  told: Line[]
  /** What is not told although it could be, in order of priority. */
  leftOut: () => LineLeftOut[]
  /** Whether the caller is greeted as one who has called before. */
  isReturning: boolean
}

type Variables = CallStartResponse['dynamic_variables']
type AgentOverride = NonNullable<CallStartResponse['conversation_config_override']>['agent']

/** For variables that are not known: the agent may read them aloud. */
const NEUTRAL: Record<Exclude<typeof BRIDGE_VARIABLES[number], 'session_id' | 'secret__caller_token'>, string> = {
  caller_name: 'there',
  call_count: '1',
  is_returning: 'false',
  last_call_summary: 'none on file',
  caller_memory: 'nothing on file yet',
  context_notes: 'no notes',
  open_items: 'nothing open'
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

export type PromptBuilder = ReturnType<typeof createPromptBuilder>

/** @param soul - read for every response, so that an edit of the soul takes effect at once */
export function createPromptBuilder (soul: () => Soul, settings: ResponseSettings) {
  return {
    personal: (input: Omit<ResponseInput, 'soul'>) => personalResponse({ soul: soul(), ...input }, settings),
    neutral: (sessionId: string, callerToken?: string) => neutralResponse(soul(), sessionId, settings, callerToken),
    /** For agents that are not ours. */
    foreign: (sessionId: string, callerToken?: string) => foreignResponse(soul(), sessionId, callerToken),
    /** BCP 47; null if the soul names none. */
    language: () => soul().language
  }
}

/** For callers with a phone number, known or new. Halves the memory block until the response is small enough. */
export function personalResponse (input: ResponseInput, settings: ResponseSettings): RenderedResponse {
  for (let maxChars = settings.MEMORY_MAX_CHARS; ; maxChars = Math.floor(maxChars / 2)) {
    const rendered = render(input, settings, maxChars)
    const json = JSON.stringify(rendered.response)
    if (maxChars === 0 || Buffer.byteLength(json) <= MAX_RESPONSE_BYTES) return { ...rendered, json }
  }
}

/** For callers without a phone number, and when anything fails: the soul with neutral values. */
export function neutralResponse (
  soul: Soul, sessionId: string, settings: ResponseSettings, callerToken = NO_TOKEN
): CallStartResponse {
  const variables = neutralVariables(soul, sessionId, callerToken)
  const values: Values = { variables, known: { session_id: sessionId } }
  return compose(variables, partsOf(soul, soul.firstMessage, values), settings.OVERRIDES)
}

/** For agents that are not ours: neutral values and no override. */
export function foreignResponse (soul: Soul, sessionId: string, callerToken = NO_TOKEN): CallStartResponse {
  return compose(neutralVariables(soul, sessionId, callerToken), { prompt: '', firstMessage: null, language: null }, [])
}

/** The most bytes that a response with this soul can have without a memory block. */
export function maxBytesWithoutMemory (soul: Soul, { OVERRIDES }: Pick<Config, 'OVERRIDES'>): number {
  const longest = { session_id: LONGEST.sessionId, caller_name: LONGEST.name, call_count: LONGEST.count }
  const variables = { ...neutralVariables(soul, LONGEST.sessionId, LONGEST.token), ...longest }
  const bytesWith = (firstMessage: string | null, known: Partial<Variables>) => byteLength(compose(
    variables, { ...partsOf(soul, firstMessage, { variables, known }), language: LONGEST.language }, OVERRIDES))
  const messages = [soul.firstMessage, soul.firstMessageReturning, soul.firstMessageResumed]
  // A fallback can be longer than any value.
  return Math.max(...messages.flatMap((message) => [bytesWith(message, longest), bytesWith(message, {})]))
}

export function byteLength (response: CallStartResponse): number {
  return Buffer.byteLength(JSON.stringify(response))
}

function render (
  input: ResponseInput, { OVERRIDES, TIMEZONE, RESUME_MINUTES }: ResponseSettings, maxChars: number
): Omit<RenderedResponse, 'json'> {
  const { soul, record, callNumber } = input
  // New properties before the spread: after it, V8 would make a hidden class for every single object.
  const block = memoryBlock({ timeZone: TIMEZONE, maxChars, resumeMinutes: RESUME_MINUTES, ...input })
  const { brokenOff } = block
  const returning = brokenOff !== null || isReturning(record, callNumber)
  const known = knownVariables(input, block, returning)
  const neutral = neutralVariables(soul, input.sessionId, input.callerToken ?? NO_TOKEN)
  const variables: Variables = { ...neutral, ...known }
  const values: Values = { variables, known }
  const prompt = fill(soul.prompt, values, true)
  // A learnt language is not sent: if the agent does not speak it, the override can end the call.
  const isLanguageLearnt = record.learnt_fields?.includes('language') === true
  const response = compose(variables, {
    prompt: block.text === '' ? prompt : `${prompt}\n\n${block.text}`,
    firstMessage: brokenOff === null
      ? firstMessage(soul, values, returning)
      : resumedMessage(soul, values, toldParts(brokenOff).summary !== ''),
    language: isLanguageLearnt ? soul.language : record.language ?? soul.language
  }, OVERRIDES)
  const told = OVERRIDES.includes('prompt') ? block.told : block.told.map(asVariable)
  return { response, told, leftOut: block.leftOut, isReturning: returning }
}

function partsOf (soul: Soul, firstMessage: string | null, values: Values): Parts {
  return {
    prompt: fill(soul.prompt, values, true),
    firstMessage: firstMessage === null ? null : fill(firstMessage, values),
    language: soul.language
  }
}

/** A line that did not fit into the block is not told through a variable either, and every other line is. */
function knownVariables (
  { callNumber, sessionId }: ResponseInput, { callerName, told }: MemoryBlock, returning: boolean
): Partial<Variables> {
  const known: Partial<Variables> = {
    session_id: sessionId,
    call_count: String(callNumber),
    is_returning: String(returning)
  }
  if (callerName !== '') known.caller_name = callerName
  for (const { reason, text, content } of told) {
    const variable = VARIABLE_OF[reason]
    if (variable === 'last_call_summary') known[variable] = content
    else if (variable !== 'caller_name') {
      const before = known[variable]
      known[variable] = before === undefined ? `${RULE} ${text}` : `${before}; ${text}`
    }
  }
  return known
}

/** Where a line is told when the prompt is not overridden. Who is calling has variables of its own. */
const VARIABLE_OF: Record<Reason, typeof BRIDGE_VARIABLES[number]> = {
  caller: 'caller_name',
  'broken-off-call': 'caller_memory',
  'pinned-fact': 'caller_memory',
  'last-call': 'last_call_summary',
  'open-item': 'open_items',
  'caller-note': 'caller_memory',
  fact: 'caller_memory',
  'global-note': 'context_notes',
  'older-call': 'caller_memory'
}

/** `last_call_summary` has neither date nor title. */
function asVariable (line: Line): Line {
  return line.reason === 'last-call' ? { ...line, text: line.content } : line
}

function neutralVariables (soul: Soul, sessionId: string, callerToken: string): Variables {
  return { ...soul.variables, ...NEUTRAL, session_id: sessionId, secret__caller_token: callerToken }
}

/** All variables, and those of them that are known of this caller. */
interface Values {
  variables: Variables
  known: Partial<Variables>
}

function firstMessage (soul: Soul, values: Values, returning: boolean): string | null {
  const { firstMessageReturning: message } = soul
  const chosen = returning && isFillable(message, soul, values) ? message : soul.firstMessage
  return chosen === null ? null : fill(chosen, values)
}

/** @param hasSummary - of the call that broke off: the summary of another call is not meant */
function resumedMessage (soul: Soul, values: Values, hasSummary: boolean): string | null {
  const { last_call_summary: _, ...others } = values.known
  const resumed = hasSummary ? values : { ...values, known: others }
  const { firstMessageResumed: message } = soul
  return isFillable(message, soul, resumed) ? fill(message, resumed) : firstMessage(soul, values, true)
}

/** Whether every variable in it has a known value or a fallback. */
function isFillable (message: string | null, soul: Soul, { known }: Values): message is string {
  return message !== null && placeholders(message).every(({ name, fallback }) => fallback !== null ||
    name.startsWith('system__') || Object.hasOwn(known, name) || Object.hasOwn(soul.variables, name))
}

/**
 * `system__…`, secrets and unknown variables are left for ElevenLabs, which knows no fallbacks. Only what is known of
 * the caller or set by the soul comes before a fallback.
 */
function fill (text: string, { variables, known }: Values, onlyFallbacks = false): string {
  return replacePlaceholders(text, ({ name, fallback }) => {
    const value = Object.hasOwn(variables, name) && !isSecret(name) ? variables[name as keyof Variables] : null
    if (fallback === null) return onlyFallbacks ? null : value
    if (name.startsWith('system__')) return `{{${name}}}`
    return Object.hasOwn(NEUTRAL, name) && !Object.hasOwn(known, name) ? fallback : value ?? fallback
  })
}

interface Parts {
  prompt: string
  firstMessage: string | null
  language: string | null
}

function compose (variables: Variables, parts: Parts, overrides: Config['OVERRIDES']): CallStartResponse {
  const { prompt, firstMessage, language } = parts
  const agent: AgentOverride = {}
  if (overrides.includes('prompt')) agent.prompt = { prompt }
  // A blank first message would make the agent mute.
  if (overrides.includes('first_message') && firstMessage?.trim()) agent.first_message = firstMessage
  if (overrides.includes('language') && language !== null) agent.language = language
  return {
    type: 'conversation_initiation_client_data',
    dynamic_variables: variables,
    user_id: variables.session_id,
    ...(Object.keys(agent).length === 0 ? {} : { conversation_config_override: { agent } })
  }
}
