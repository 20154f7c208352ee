/** The first `maxChars` characters (Unicode code points) of a text. */
export function cutText (text: string, maxChars: number): string {
  if (text.length <= maxChars) return text
  let end = 0
  for (let chars = 0; chars < maxChars && end < text.length; chars++) end += text.codePointAt(end)! > 0xffff ? 2 : 1
  return text.slice(0, end)
}
