/** The soul: the agent's personality, read from a Markdown file with optional YAML front matter. */
import { parse, YAMLParseError } from 'yaml'
import type { SoulFrontMatter } from '../../schemas/soul.ts'

/** Bytes that a soul file may have: the whole answer has to stay below 32 KB. */
export const MAX_SOUL_BYTES = 20 * 1024

/** The variables that the bridge fills for every call. */
export const BRIDGE_VARIABLES = [
  'caller_name', 'session_id', 'call_count', 'is_returning', 'last_call_summary', 'caller_memory'
] as const

export interface Soul {
  /** The prompt without the memory block; placeholders are left for ElevenLabs to fill. */
  prompt: string
  firstMessage: string | null
  firstMessageReturning: string | null
  language: string | null
  /** Variables of the agent's own, with their defaults. */
  variables: Record<string, string>
}

/** What is wrong with a soul file, in words for the operator. */
export class SoulFault extends Error {}

/** A variable in a text; blanks around its name are allowed. */
export const PLACEHOLDER = /\{\{([^{}]*)\}\}/g

const FRONT_MATTER = /^---[ \t]*\r?\n(?:([\s\S]*?)\r?\n)?---[ \t]*(?:\r?\n|$)/

/**
 * Reads a soul file.
 *
 * @param faults - what is wrong with the front matter as the schema sees it; empty when it fits
 * @throws {SoulFault} too large, empty, broken YAML, or front matter that does not fit its schema
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

  const { first_message: firstMessage, first_message_returning: firstMessageReturning, language, variables } = frontMatter as SoulFrontMatter
  const reserved = Object.keys(variables ?? {}).filter((name) => isBridgeVariable(name))
  if (reserved.length > 0) throw new SoulFault(`front matter: the bridge itself sets ${reserved.join(', ')}`)

  return {
    prompt,
    firstMessage: firstMessage ?? null,
    firstMessageReturning: firstMessageReturning ?? null,
    language: language ?? null,
    variables: Object.fromEntries(Object.entries(variables ?? {}).map(([name, value]) => [name, String(value)]))
  }
}

/**
 * Placeholders in the soul that nobody will fill, in order of appearance. ElevenLabs drops a call whose
 * first message has one; in the prompt the outcome is not documented.
 *
 * @see https://elevenlabs.io/docs/eleven-agents/customization/personalization/dynamic-variables
 */
export function unknownPlaceholders (soul: Soul): string[] {
  const texts = [soul.prompt, soul.firstMessage ?? '', soul.firstMessageReturning ?? '']
  const names = texts.flatMap((text) => placeholders(text))
  return [...new Set(names)].filter((name) =>
    !isBridgeVariable(name) && !name.startsWith('system__') && !Object.hasOwn(soul.variables, name))
}

/** The names in `{{…}}`, in order, repeats included. */
export function placeholders (text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].map(([, name]) => name!.trim())
}

function isBridgeVariable (name: string): boolean {
  return BRIDGE_VARIABLES.some((each) => each === name)
}

function parseYaml (source: string): unknown {
  try {
    return parse(source)
  } catch (error) {
    if (error instanceof YAMLParseError) throw new SoulFault(`front matter is no YAML: ${error.message.split('\n')[0]}`)
    throw error
  }
}
