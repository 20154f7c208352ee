/**
 * Limits for JSON from outside, checked before parsing: `JSON.parse` takes half a microsecond for each object and each
 * key, so 25 MB of `{},` or of `[` would hold up everything else for seconds.
 */

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

export interface JsonScan {
  /** Chunks can be cut anywhere. False once a limit is exceeded. */
  take (bytes: Uint8Array): boolean
}

/** Only counts; the parser checks whether it is JSON. */
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
