/** Text that came from people on the phone, made harmless before it enters a prompt or a variable. */

/** Characters of one text that are told at most. */
export const MAX_TOLD_CHARS = 1000

/**
 * A text of which {@link defuse} would change nothing but its length: letters of large scripts, digits and everyday
 * punctuation, with single spaces between them. Nearly all texts are such, and one look takes a fraction of the replacements.
 */
const PLAIN = /^(?![ +-])(?: ?[\dA-Za-zÀ-ʯͰ-ӿぁ-ヿ一-鿿가-힣!"$%&'()+,\-./:;?@‘-„–—…€])*$/

/**
 * `text` as one plain line: no line break or control character, no template brace, nothing at its start that
 * Markdown reads as a heading, quote, rule or fence, no tag and no code fence anywhere.
 * Longer than `maxChars` (Unicode code points) it is cut and ends in `…`. May come out empty.
 *
 * Invisible characters go too, except the joiners that Persian is written with and the one that makes an emoji of a
 * sign: the others can carry instructions that no operator sees.
 *
 * @see https://www.unicode.org/reports/tr36/ on invisible and bidirectional characters
 */
export function defuse (text: string, maxChars = MAX_TOLD_CHARS): string {
  return cut(PLAIN.test(text) ? text : harmless(text), maxChars)
}

/** The marks around the memory block, in brackets that a model could take for its own. */
const ANGLE = '[<>‹›«»\u02c2\u02c3\u1438\u1433\u2329\u232a\u227a\u227b\u276c-\u276f\u27e8-\u27eb\u29fc\u29fd\u3008-\u300b]'
const FENCE = new RegExp(`${ANGLE}\\s{0,3}[/\u2044\u2215\\\\]?\\s{0,3}caller\\W{0,3}_?\\W{0,3}record\\s{0,3}${ANGLE}?|caller_record`, 'giu')

/** Full-width and small forms are compared as what they stand for (Unicode NFKC), without the joiners that stay elsewhere. */
function withoutFence (text: string): string {
  const folded = text.normalize('NFKC').replace(/\u200c|\u200d|\ufe0f/g, '')
  const broken = folded.replace(FENCE, '(caller record)')
  return broken === folded ? text : broken
}

function harmless (text: string): string {
  return withoutFence(text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/(?!\u200c|\u200d|\ufe0f)[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, ''))
    .replace(/\{/g, '(').replace(/\}/g, ')')
    .replace(/</g, '‹').replace(/>/g, '›')
    .replace(/`{3,}/g, "'''").replace(/~{3,}/g, '--')
    .replace(/\s{2,}|[^\S ]/g, ' ')
    .replace(/^(?:[\s#›`~=|]|\u200c|\u200d|\ufe0f|[-*_+]{2,}|[-*_+] )+/u, '')
    .trim()
}

function cut (text: string, maxChars: number): string {
  if (text.length <= maxChars) return text
  const characters = [...text]
  return characters.length <= maxChars ? text : `${characters.slice(0, maxChars - 1).join('').trimEnd()}…`
}
