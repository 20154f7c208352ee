/** Makes text from callers harmless before it enters a prompt or a variable. */
import { ORDER } from './orders.ts'

export const MAX_TOLD_CHARS = 1000

/** Texts that only need to be cut, which nearly all do. This check takes a fraction of the time of the replacements. */
const PLAIN = /^(?![ +-])(?: ?[\dA-Za-zÀ-ʯͰ-ӿぁ-ヿ一-鿿가-힣!"$%&'()+,\-./:;?@‘-„–—…€])*$/

/**
 * One plain line: no line breaks, control characters, template braces, tags or code fences, and nothing at the start
 * that Markdown takes for a heading, quote, rule or fence. Cut to `maxChars` Unicode code points, ending in `…`. It may
 * be empty.
 *
 * Invisible characters are removed, because they can carry instructions that no operator sees. The joiners of Persian
 * and the emoji variation selector stay.
 *
 * @see https://www.unicode.org/reports/tr36/ on invisible and bidirectional characters
 */
export function defuse (text: string, maxChars = MAX_TOLD_CHARS): string {
  return cut(PLAIN.test(text) ? text : harmless(text), maxChars)
}

/** Brackets that a model could take for those of the memory block's fence. */
const ANGLE = '[<>‹›«»\u02c2\u02c3\u1438\u1433\u2329\u232a\u227a\u227b\u276c-\u276f' +
  '\u27e8-\u27eb\u29fc\u29fd\u3008-\u300b]'
const SLASH = '[/\u2044\u2215\\\\]'
const FENCE = new RegExp(
  `${ANGLE}\\s{0,3}${SLASH}?\\s{0,3}caller\\W{0,3}_?\\W{0,3}record\\s{0,3}${ANGLE}?|caller_record`,
  'giu'
)

/** Looks behind full-width and small forms (Unicode NFKC), and the joiners that {@link harmless} keeps. */
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

/**
 * Defused, and empty when it reads like an order to the agent. For names and what is said of calls: they are in
 * variables that greetings speak, so nothing around them can say that they are a record. Versions before 0.4.0 did not
 * look for orders when they learnt.
 */
export function tellable (text: string): string {
  const line = defuse(text)
  return readsLikeAnOrder(line) ? '' : line
}

/**
 * The one check of text that comes in, wherever it does: learnt facts, summaries, titles, collected data, notes for one
 * caller, tools. What it finds is kept for the operator, and not told. It knows the usual forms in seven languages.
 */
export function readsLikeAnOrder (text: string): boolean {
  return ORDER.test(FOLDED.test(text) ? text : folded(text))
}

/** Texts in ASCII that {@link folded} leaves as they are: most do, and to fold one takes longer than to search it. */
const FOLDED = /^(?: ?[!-)+-_a-}])*$/

function folded (text: string): string {
  return text.normalize('NFKC').replace(/[\p{Cf}*`~]/gu, '').replace(/\s+/gu, ' ')
}

/** Equal for texts that differ only in letter case and in punctuation at the end. */
export function repeatKey (text: string): string {
  let end = text.length
  while (end > 0 && ' .!?…'.includes(text[end - 1]!)) end--
  return text.slice(0, end).toLowerCase()
}
