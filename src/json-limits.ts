/**
 * Bounds on JSON from outside, looked at before it is parsed: `JSON.parse` takes half a microsecond for each object and
 * each key, so 25 MB of `{},` or of `[` would keep everybody else waiting for seconds.
 */
import { parseJson } from './parse-json.ts'

/** Objects and lists inside each other: nothing that is read here has half as many. */
export const MAX_DEPTH = 64

/** Values, counted by the brackets, commas and colons between them: an hour of talk has some 50,000. */
export const MAX_VALUES = 300_000

/** ASCII, which no byte of another character in UTF-8 equals (RFC 3629 §3). */
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

export interface JsonScan {
  /** Takes the next bytes, wherever they are cut. False once what came so far is beyond the limits. */
  take (bytes: Uint8Array): boolean
}

/** Looks at structure alone: what is no JSON is for the parser to say. */
export function createJsonScan (): JsonScan {
  let depth = 0
  let values = 0
  let isInString = false
  let isEscaped = false

  return {
    take (bytes) {
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

/** The parsed text; undefined when it is no JSON, or beyond the limits. */
export function parseBoundedJson (bytes: Buffer): unknown {
  return createJsonScan().take(bytes) ? parseJson(bytes.toString()) : undefined
}
