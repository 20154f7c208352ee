/** Splits text into words, for comparing facts and evidence. */
import { NUMBER_WORDS } from '../language/number-words.ts'
import { matchesIn } from '../matches.ts'
import { asciiDigits } from '../phone/mask-number.ts'
import { languageOf, LANGUAGES, type ComparedLanguage } from './languages.ts'

const SEGMENTER = new Intl.Segmenter('en', { granularity: 'word' })

/** Scripts without spaces between words. */
const DENSE = String.raw`[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}ー\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]`
const LETTERS = String.raw`(?!${DENSE})\p{L}(?:(?!${DENSE})[\p{L}\p{M}])*`

/** Symbols, emoji and minus signs: 5 € is not 5 $, and A+ is not A-. */
const SIGN = String.raw`[\p{S}%]|(?<![\p{L}\p{N}])-(?=\p{Nd})|(?<=\p{L})-(?![\p{L}\p{N}])`

/** A stretch of dense script has at most 1000 letters, because the segmenter takes quadratic time. */
const TOKEN = new RegExp(
  String.raw`\p{Nd}+(?:[.,]\p{Nd}+)*|${LETTERS}(?:'${LETTERS})*|${SIGN}|(${DENSE}{1,1000})`,
  'gu'
)

/** A quick check that saves most words the replacements of {@link spelledOut}. */
const SHORTENED = /'|nt$|^cannot$/

const ELISION = /^([cdjlmnst]|qu|all|dall|dell|nell|sull|un)'(?=\p{L})/u

/** The letters of "3rd". */
const ORDINAL = /(?<=\d)(?:st|nd|rd|th)(?!\p{L})/giu

/** Speech recognition writes "dont" for "don't". */
const BARE_CONTRACTION = /^(do|does|did|is|are|was|were|has|have|had|would|could|should|ca|wo)nt$/

/** Number words that usually mean something else: articles, "due", "once", "sei", "seize", and September's "sept". */
const AMBIGUOUS: ReadonlySet<string> = new Set(
  'un une uno una um uma een één ein eine due once sei seize sept'.split(' ')
)

const ORDINALS = 'third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth'.split(' ')
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ')

/** Up to ninety-nine, with English ordinals. */
const NUMBERS: ReadonlyMap<string, number> = new Map([
  ...[...NUMBER_WORDS].filter(([text]) => !AMBIGUOUS.has(text)),
  ...ORDINALS.map((word, n): [string, number] => [word, n + 3]),
  ...TENS.flatMap((ten, n) => ORDINALS.slice(0, 7)
    .map((word, unit): [string, number] => [`${ten} ${word}`, 10 * (n + 2) + unit + 3]))
])

const FIRST_NUMBER_WORDS: ReadonlySet<string> = new Set([...NUMBERS.keys()].map((text) => text.split(' ')[0]!))

/** "Quatre vingt dix sept". */
const LONGEST_NUMBER = Math.max(...[...NUMBERS.keys()].map((text) => text.split(' ').length))

/**
 * In lower case, without punctuation. "isn't" becomes "is" and "not", "l'eau" becomes "l" and "eau", "10am" becomes
 * "10" and "am"; a possessive stays one word. Symbols, emoji and minus signs are words.
 *
 * Numbers become ASCII digits, with a dot or comma if they have one: digits of every script, and number words up to
 * ninety-nine in the languages of {@link NUMBER_WORDS}.
 */
export function wordsOf (text: string): string[] {
  const plain = asciiDigits(text.normalize('NFKC')).replace(/[’ʼ]/g, "'").replace(ORDINAL, '')
  const words = matchesIn(TOKEN, plain).flatMap(({ 0: token, 1: dense, index }) => {
    if (dense !== undefined) return [...SEGMENTER.segment(dense)].map(({ segment }) => segment)
    if (isNumber(token)) return [token.replace(/,(?=\d{3})/g, '')]
    return token === OTTO && isOttoName(plain, index) ? [OTTO] : spelledOut(token.toLowerCase())
  })
  return withNumbers(words).map((word) => word === OTTO ? OTTO.toLowerCase() : word)
}

/** A name, and Italian for eight. */
const OTTO = 'Otto'

/** With a capital letter it is eight only at the beginning of a sentence that is nothing else, or Italian. */
function isOttoName (text: string, at: number): boolean {
  // As a name is given, without punctuation.
  if (text === OTTO || !/(?:^|[.!?…]\s*)$/.test(text.slice(0, at))) return true
  const others = wordsOf(text.replaceAll(OTTO, ''))
  return others.length > 0 && languageOf(others)?.code !== 'it'
}

export function isNumber (word: string): boolean {
  return /^\d/.test(word)
}

/** Without a possessive 's; the same for the plural of a noun, and for most forms of a verb. */
export function stemOf (word: string, language: ComparedLanguage | null): string {
  const bare = word.replace(/'s$/, '')
  return language === null ? bare : language.stem(bare)
}

function spelledOut (word: string): string[] {
  if (!SHORTENED.test(word)) return [word]
  return word
    .replace(/^cannot$/, 'can not')
    .replace(/n't$/, ' not')
    .replace(BARE_CONTRACTION, '$1 not')
    .replace(/^ca(?= not$)/, 'can')
    .replace(/^wo(?= not$)/, 'will')
    .replace(ELISION, '$1 ')
    .split(' ')
}

function withNumbers (words: string[]): string[] {
  const result: string[] = []
  for (let at = 0; at < words.length;) {
    const { value, length } = numberAt(words, at)
    result.push(value === undefined ? words[at]! : String(value))
    at += length
  }
  return result
}

/** The longest number that starts at a word. */
function numberAt (words: string[], at: number): { value: number | undefined, length: number } {
  if (!FIRST_NUMBER_WORDS.has(words[at]!)) return { value: undefined, length: 1 }
  for (let length = LONGEST_NUMBER; length > 0; length--) {
    const value = NUMBERS.get(words.slice(at, at + length).join(' '))
    if (value !== undefined) return { value, length }
  }
  return { value: undefined, length: 1 }
}

/** Stop words of other languages: Japanese and Chinese. */
const OTHER_STOP_WORDS = [
  `が は を に で と の も へ や か から まで より です ます でし まし た て だ な い いる い ある あり し する さ れる ない ませ ん ね よ はい いいえ さん 様 彼 彼女 私 お客 お客様 客 名前
  名 電話 希望 好き 住ん`,
  '的 了 是 在 有 我 你 您 他 她 它 我们 他们 和 也 很 都 不 没 没有 要 想 叫 姓 名字 客户 顾客 来电者 说 吗 呢 吧 请 好 对 是的 好的 喜欢 住'
].map((list): ReadonlySet<string> => new Set(list.split(/\s+/)))

const ALL_STOP_WORDS = [...LANGUAGES.map(({ stopWords }) => stopWords), ...OTHER_STOP_WORDS]

/**
 * Drops stop words, numbers, symbols and possessive 's. Without a language, those of the language count that has the
 * most of them.
 */
export function contentWords (words: string[], language: ComparedLanguage | null): string[] {
  const bare = words.filter((word) => /\p{L}/u.test(word)).map((word) => word.replace(/'s$/, ''))
  return (language === null ? ALL_STOP_WORDS : [language.stopWords])
    .map((stopWords) => bare.filter((word) => !stopWords.has(word)))
    .reduce((shortest, each) => each.length < shortest.length ? each : shortest)
}
