/** JSON from somebody else's server, which may be broken or hostile. */
import { parseJson } from './parse-json.ts'

/** Objects and lists inside each other: no answer that is read here has half as many. */
const MAX_DEPTH = 64

/**
 * The parsed text; undefined when it is no JSON, or nested so deep that to parse it could take seconds, in which nothing
 * else would be answered.
 */
export function parseForeignJson (text: string): unknown {
  return isDeep(text) ? undefined : parseJson(text)
}

/** Character by character: an expression that passes over strings would run out of stack on a long one. */
function isDeep (text: string): boolean {
  let depth = 0
  let isInString = false
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '"': isInString = !isInString; break
      case '\\': if (isInString) at++; break
      case '[': case '{': if (!isInString && ++depth > MAX_DEPTH) return true; break
      case ']': case '}': if (!isInString) depth--; break
    }
  }
  return false
}
