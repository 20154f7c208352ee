/** The first `maxChars` characters (Unicode code points) of a text. */
export function cutText (text: string, maxChars: number): string {
  // A character has two units at most: so a long text is not taken apart as a whole.
  return text.length <= maxChars ? text : [...text.slice(0, 2 * maxChars)].slice(0, maxChars).join('')
}
