import { NUMBER_WORDS } from '../language/number-words.ts'
import { matchesIn } from '../matches.ts'
import { asciiDigits } from '../phone/mask-number.ts'

/** In UTF-16 units; `to` is exclusive. */
export interface Span {
  from: number
  to: number
}

/** Digits with nothing between them, or one spelled-out number up to 99. */
export interface DigitGroup extends Span {
  /** As ASCII digits; "double seven" is `77`. */
  digits: string
  /** The separator before it; empty for the first group of a run. */
  gap: string
  hasPlus: boolean
}

/** More words for a digit, and spellings without accents. */
const MORE_DIGIT_WORDS = { oh: '0', o: '0', zwo: '2', meia: '6', één: '1', fuenf: '5' }

const SPELLED: ReadonlyMap<string, string> = new Map([
  ...[...NUMBER_WORDS].map(([words, value]) => [words, String(value)] as const),
  ...Object.entries(MORE_DIGIT_WORDS)
])

const TIMES: ReadonlyMap<string, number> = new Map([
  ['double', 2], ['doble', 2], ['doppel', 2], ['doppelt', 2], ['duplo', 2], ['doppio', 2], ['dubbel', 2],
  ['triple', 3], ['treble', 3], ['triplo', 3], ['dreifach', 3], ['driedubbel', 3]
])

/** Longer ones before those that they begin with. */
const anyOf = (words: ReadonlyMap<string, string | number>) => [...words.keys()].sort().reverse().join('|')

/** For {@link plain} text. A number word counts alone only; a bracket beside it may belong to a mask. */
const GROUP = new RegExp(
  String.raw`\p{Nd}+|(?<![\p{L}\p{N}\]])(?:(?:${anyOf(TIMES)}) )?(?:${anyOf(SPELLED)})(?![\p{L}\p{N}[])`, 'gu'
)

const GAP = /^[\s\p{Pd}\p{Cf}.,…−ー]+$/u
const LONGEST_GAP = 5

const PLUS = /[+＋]\s?$/u

/**
 * Up to five spaces, hyphens, dots and commas in any mixture do not end a run. Digits of every script count, and number
 * words up to 99 in seven languages: "four", "oh", "double seven", "einundvierzig".
 */
export function digitRuns (text: string): DigitGroup[][] {
  const runs: DigitGroup[][] = []
  let end = 0
  for (const { 0: group, index: from } of groupsIn(text)) {
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

/** "Otto" is a name, unless another number word comes before or after it. */
function groupsIn (text: string): RegExpExecArray[] {
  const all = matchesIn(GROUP, plain(text))
  const isWord = (group: RegExpExecArray | undefined) => group !== undefined && /^\p{L}/u.test(group[0])
  return all.filter(({ index }, n) => !text.startsWith('Otto', index) || isWord(all[n - 1]) || isWord(all[n + 1]))
}

/**
 * In lower case, with a space for each hyphen, and of the same length: "İ" would become two letters. A pattern that did
 * this would take a second to compile.
 */
function plain (text: string): string {
  return text.replaceAll('İ', 'I').toLowerCase().replace(/[\s\u2010-\u2015-]/g, ' ')
}

function digitsOf (group: string): string {
  const [first = '', ...rest] = group.split(' ')
  const times = TIMES.get(first)
  const digits = SPELLED.get(times === undefined ? group : rest.join(' '))
  return digits?.repeat(times ?? 1) ?? asciiDigits(group)
}
