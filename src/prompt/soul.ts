/** The soul: the agent's personality file, Markdown with optional YAML front matter. */
import { parse, YAMLParseError } from 'yaml'
import type { SoulFrontMatter } from '../../schemas/soul.ts'
import { matchesIn } from '../matches.ts'

/** The whole response must stay below 32 KB. */
export const MAX_SOUL_BYTES = 20 * 1024

/** Says who is calling. The model never sees it: ElevenLabs uses such variables only in headers. */
export const TOKEN_VARIABLE = 'secret__caller_token'

export const BRIDGE_VARIABLES = [
  'caller_name', 'session_id', 'call_count', 'is_returning', 'last_call_summary', 'caller_memory', 'context_notes',
  'open_items', TOKEN_VARIABLE
] as const

export interface Soul {
  /** Without the memory block. Placeholders are left for ElevenLabs. */
  prompt: string
  firstMessage: string | null
  firstMessageReturning: string | null
  /** For a call that goes on with one that broke off. */
  firstMessageResumed: string | null
  language: string | null
  /** The agent's own variables and their values. */
  variables: Record<string, string>
}

/** Its message tells the operator what is wrong with the file. */
export class SoulFault extends Error {}

/** `{{name}}` or `{{name|what to say when it is not known}}`. */
export interface Placeholder {
  name: string
  fallback: string | null
}

/** Spaces around the name are allowed. */
const PLACEHOLDER = /\{\{([^{}|]*)(?:\|([^{}]*))?\}\}/g

const FRONT_MATTER = /^---[ \t]*\r?\n(?:([\s\S]*?)\r?\n)?---[ \t]*(?:\r?\n|$)/

/**
 * @param faults - checks front matter against its schema; empty when it fits
 * @throws {SoulFault} the file is too large or empty, or its front matter is broken YAML or does not fit the schema
 */
export function parseSoul (file: string, faults: (frontMatter: unknown) => string[]): Soul {
  const bytes = Buffer.byteLength(file)
  if (bytes > MAX_SOUL_BYTES) throw new SoulFault(`it has ${bytes} bytes, more than the ${MAX_SOUL_BYTES} allowed`)

  const text = file.replace(/^\uFEFF/, '')
  const head = FRONT_MATTER.exec(text)
  const prompt = text.slice(head?.[0].length ?? 0).trim()
  if (prompt === '') throw new SoulFault('it has no text below the front matter')

  const frontMatter = parseYaml(head?.[1] ?? '') ?? {}
  const wrong = faults(frontMatter)
  if (wrong.length > 0) throw new SoulFault(`front matter: ${wrong.join('; ')}`)

  const fields = frontMatter as SoulFrontMatter
  const { language, variables } = fields
  const reserved = Object.keys(variables ?? {}).filter((name) => isBridgeVariable(name))
  if (reserved.length > 0) throw new SoulFault(`front matter: the bridge itself sets ${reserved.join(', ')}`)

  return {
    prompt,
    firstMessage: fields.first_message ?? null,
    firstMessageReturning: fields.first_message_returning ?? null,
    firstMessageResumed: fields.first_message_resumed ?? null,
    language: language ?? null,
    variables: Object.fromEntries(Object.entries(variables ?? {}).map(([name, value]) => [name, String(value)]))
  }
}

/** ElevenLabs puts these into headers only: in a prompt or a greeting they would be told. */
export function isSecret (name: string): boolean {
  return name.startsWith('secret__')
}

/**
 * Placeholders that nobody fills, in order. ElevenLabs drops a call whose first message has one; what happens with one
 * in the prompt is not documented.
 *
 * @see https://elevenlabs.io/docs/eleven-agents/customization/personalization/dynamic-variables
 */
export function unknownPlaceholders (soul: Soul): string[] {
  const { prompt, firstMessage, firstMessageReturning, firstMessageResumed } = soul
  const texts = [prompt, firstMessage ?? '', firstMessageReturning ?? '', firstMessageResumed ?? '']
  // The bridge fills those with a fallback, except `system__…`.
  const names = texts.flatMap(placeholders).filter(({ fallback }) => fallback === null).map(({ name }) => name)
  return [...new Set(names)].filter((name) =>
    isSecret(name) ||
    (!isBridgeVariable(name) && !name.startsWith('system__') && !Object.hasOwn(soul.variables, name)))
}

/** In order, with repeats. */
export function placeholders (text: string): Placeholder[] {
  return matchesIn(PLACEHOLDER, text).map(([, name = '', fallback]) => placeholder(name, fallback))
}

/** @param replace - null leaves the placeholder as it is */
export function replacePlaceholders (text: string, replace: (placeholder: Placeholder) => string | null): string {
  return text.replace(PLACEHOLDER, (written: string, name: string, fallback?: string) =>
    replace(placeholder(name, fallback)) ?? written)
}

function placeholder (name: string, fallback: string | undefined): Placeholder {
  return { name: name.trim(), fallback: fallback?.trim() ?? null }
}

function isBridgeVariable (name: string): boolean {
  return BRIDGE_VARIABLES.some((each) => each === name)
}

function parseYaml (source: string): unknown {
  try {
    return parse(source)
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error
    throw new SoulFault(`front matter is not valid YAML: ${error.message.split('\n')[0]}`)
  }
}
