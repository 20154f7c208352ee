/** JSON that may be none. */

/** The parsed text; undefined, which is no JSON value and which no check accepts, when it is no JSON. */
export function parseJson (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
