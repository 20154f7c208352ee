/** JSON from outside: parsing it within limits, and reading its fields. */
import type { Options } from 'ajv'

/** Undefined if the text is not JSON; no schema accepts undefined. */
export function parseJson (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Real events have less than half of this. */
export const MAX_DEPTH = 64

/** Counted by brackets, commas and colons. The transcript of an hour has about 50,000. */
export const MAX_VALUES = 300_000

// In UTF-8, an ASCII byte is never part of another character (RFC 3629 §3).
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/**
 * Checks the limits before parsing: `JSON.parse` takes half a microsecond for each object and each key, so 25 MB of
 * `{},` or of `[` would hold up everything else for seconds. Whether it is JSON is left to the parser.
 */
export function createJsonScan () {
  let depth = 0
  let values = 0
  let isInString = false
  let isEscaped = false

  return {
    /** Chunks can be cut anywhere. False once a limit is exceeded. */
    take (bytes: Uint8Array): boolean {
      for (let at = 0; at < bytes.length; at++) {
        const byte = bytes[at]
        if (isInString) {
          if (isEscaped) isEscaped = false
          else if (byte === BACKSLASH) isEscaped = true
          else if (byte === QUOTE) isInString = false
          continue
        }
        switch (byte) {
          case QUOTE: isInString = true; break
          case OPEN_BRACE: case OPEN_BRACKET: values++; if (++depth > MAX_DEPTH) return false; break
          case CLOSE_BRACE: case CLOSE_BRACKET: depth--; break
          case COMMA: case COLON: values++; break
        }
      }
      return values <= MAX_VALUES
    }
  }
}

export type Fields = Record<string, unknown>

export function isFields (value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object under `name`, or an empty one. */
export function fieldsOf (from: Fields, name: string): Fields {
  const value = from[name]
  return isFields(value) ? value : {}
}

/** The objects in the list under `name`; null if there is no such list. */
export function listIn (body: unknown, name: string): Fields[] | null {
  const list = isFields(body) ? body[name] : null
  return Array.isArray(list) ? list.filter(isFields) : null
}

/** The text under `name`, trimmed and cut to `maxChars`; null if it is missing or empty. */
export function textOf (from: Fields, name: string, maxChars = 200): string | null {
  const value = from[name]
  if (typeof value !== 'string') return null
  const text = value.toWellFormed().trim()
  return text === '' ? null : cutText(text, maxChars)
}

export function numberOf (from: Fields, name: string): number | null {
  const value = from[name]
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

/** The first `maxChars` characters (Unicode code points) of a text. */
export function cutText (text: string, maxChars: number): string {
  if (text.length <= maxChars) return text
  let end = 0
  for (let chars = 0; chars < maxChars && end < text.length; chars++) end += text.codePointAt(end)! > 0xffff ? 2 : 1
  return text.slice(0, end)
}

/**
 * Ajv options that save time at start. A test validates our schemas; doing it here takes 30 ms per instance. Optimizing
 * a check takes longer than compiling it, and makes it no faster.
 */
export const OWN_SCHEMAS = { validateSchema: false, code: { optimize: false } } as const satisfies Options
