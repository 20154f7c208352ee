import { asciiDigits } from '../phone/mask-number.ts'

/** In UTF-16 units; `to` is exclusive. */
export interface Span {
  from: number
  to: number
}

/** Digits with nothing between them, or one spelled-out digit. */
export interface DigitGroup extends Span {
  /** As ASCII digits; "double seven" is `77`. */
  digits: string
  /** The separator before it; empty for the first group of a run. */
  gap: string
  hasPlus: boolean
}

/** From zero to nine, in English, Spanish, French, German, Portuguese, Italian and Dutch. */
const DIGIT_WORDS = [
  'zero one two three four five six seven eight nine',
  'cero uno dos tres cuatro cinco seis siete ocho nueve',
  'zéro un deux trois quatre cinq six sept huit neuf',
  'null eins zwei drei vier fünf sechs sieben acht neun',
  'zero um dois três quatro cinco seis sete oito nove',
  'zero uno due tre quattro cinque sei sette otto nove',
  'nul een twee drie vier vijf zes zeven acht negen'
]

/** More words for a digit, and spellings without accents. */
const MORE_DIGIT_WORDS = {
  oh: '0', o: '0', zwo: '2', meia: '6', één: '1', zero: '0', zéro: '0', fuenf: '5', funf: '5', tres: '3'
}

const SPELLED: ReadonlyMap<string, string> = new Map([
  ...DIGIT_WORDS.flatMap((words) => words.split(' ').map((word, digit) => [word, String(digit)] as const)),
  ...Object.entries(MORE_DIGIT_WORDS)
])

const TIMES: ReadonlyMap<string, number> = new Map([
  ['double', 2], ['doble', 2], ['doppel', 2], ['doppelt', 2], ['duplo', 2], ['doppio', 2], ['dubbel', 2],
  ['triple', 3], ['treble', 3], ['triplo', 3], ['dreifach', 3], ['driedubbel', 3]
])

const anyOf = (words: ReadonlyMap<string, string | number>) => [...words.keys()].join('|')

/** A digit word counts alone only; a bracket beside it may belong to a mask. */
const GROUP = new RegExp(
  String.raw`\p{Nd}+|(?<![\p{L}\p{N}\]])(?:(?:${anyOf(TIMES)})\s)?(?:${anyOf(SPELLED)})(?![\p{L}\p{N}[])`,
  'giu'
)

const GAP = /^[\s\p{Pd}\p{Cf}.,…−ー]+$/u
const LONGEST_GAP = 5

const PLUS = /[+＋]\s?$/u

/**
 * Up to five spaces, hyphens, dots and commas in any mixture do not end a run. Digits of every script count, and words
 * for one digit in seven languages: "four", "oh", "double seven", "sieben".
 */
export function digitRuns (text: string): DigitGroup[][] {
  const runs: DigitGroup[][] = []
  let end = 0
  for (const { 0: group, index: from } of text.matchAll(GROUP)) {
    const to = from + group.length
    const gap = text.slice(end, from)
    const digits = digitsOf(group)
    const run = from - end <= LONGEST_GAP && GAP.test(gap) ? runs.at(-1) : undefined
    if (run !== undefined) run.push({ from, to, digits, gap, hasPlus: false })
    else runs.push([{ from, to, digits, gap: '', hasPlus: PLUS.test(text.slice(Math.max(0, from - 2), from)) }])
    end = to
  }
  return runs
}

function digitsOf (group: string): string {
  if (/^\d/.test(group)) return asciiDigits(group)
  const [last = '', times = ''] = group.toLowerCase().split(/\s/).reverse()
  return SPELLED.get(last)?.repeat(TIMES.get(times) ?? 1) ?? asciiDigits(group)
}
