/** Text as the words it is made of: what near-repeats and evidence are compared by. */
import { asciiDigits } from '../phone/ascii-digits.ts'

const SEGMENTER = new Intl.Segmenter('en', { granularity: 'word' })

/** Letters of scripts that put no space between words. */
const DENSE = String.raw`[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}ー\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]`
const LETTERS = String.raw`(?!${DENSE})\p{L}(?:(?!${DENSE})[\p{L}\p{M}])*`

/** What tells 5 € from 5 $, A+ from A-, and a dog from a cat. */
const SIGN = String.raw`[\p{S}%]|(?<![\p{L}\p{N}])-(?=\p{Nd})|(?<=\p{L})-(?![\p{L}\p{N}])`

/** A number, a word, a sign, or a stretch of dense script; no longer than a page of it, because the segmenter takes quadratic time. */
const TOKEN = new RegExp(String.raw`\p{Nd}+(?:[.,]\p{Nd}+)*|${LETTERS}(?:'${LETTERS})*|${SIGN}|(${DENSE}{1,1000})`, 'gu')

/** A look that spares most words the others. */
const SHORTENED = /'|nt$|^cannot$/

/** In front of a vowel, in French and Italian. */
const ELISION = /^([cdjlmnst]|qu|all|dall|dell|nell|sull|un)'(?=\p{L})/u

/** The letters of "3rd". */
const ORDINAL = /(?<=\d)(?:st|nd|rd|th)(?!\p{L})/gu

/** What speech recognition makes of "don't". */
const BARE_CONTRACTION = /^(do|does|did|is|are|was|were|has|have|had|would|could|should|ca|wo)nt$/

/**
 * Each list counts from zero. A dot stands where a word means something else as well: "one" of a language that has it as
 * its article, "due", "once", "sei", and "sept", which is short for September.
 */
const NUMBER_WORDS = [
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen',
  '. . . third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth',
  'null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf',
  'cero . dos tres cuatro cinco seis siete ocho nueve diez . doce',
  'zéro . deux trois quatre cinq six . huit neuf dix onze douze',
  '. . . tre quattro cinque . sette otto nove dieci undici dodici',
  '. . dois três quatro cinco seis sete oito nove dez onze doze',
  'nul . twee drie vier vijf zes zeven acht negen tien elf twaalf'
]

const NUMBERS: ReadonlyMap<string, number> = new Map(NUMBER_WORDS.flatMap((list) =>
  list.split(' ').map((word, value) => [word, value] as const).filter(([word]) => word !== '.')))

const TENS: ReadonlyMap<string, number> = new Map(
  ['twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'].map((word, at) => [word, 10 * (at + 2)]))

/**
 * The words of `text` in order: lower case, without punctuation. Scripts without spaces are cut by the dictionaries of `Intl.Segmenter`.
 * "isn't" is "is" and "not", "l'eau" is "l" and "eau", "10am" is "10" and "am"; a possessive stays one word. Symbols and
 * emoji are words, and so is a minus.
 *
 * Numbers come as ASCII digits, with or without a dot or comma inside: the digits of every script; English words up to ninety-nine;
 * words up to twelve in German, Spanish, French, Italian, Portuguese and Dutch.
 *
 * @returns empty for text without letters, digits and symbols
 */
export function wordsOf (text: string): string[] {
  const plain = asciiDigits(text.normalize('NFKC').toLowerCase()).replace(/[’ʼ]/g, "'").replace(ORDINAL, '')
  const words = [...plain.matchAll(TOKEN)].flatMap(([token, dense]) => {
    if (dense !== undefined) return [...SEGMENTER.segment(dense)].map(({ segment }) => segment)
    return isNumber(token) ? [token.replace(/,(?=\d{3})/g, '')] : spelledOut(token)
  })
  return withNumbers(words)
}

/** Whether a word of {@link wordsOf} is a number. */
export function isNumber (word: string): boolean {
  return /^\d/.test(word)
}

/** `word` without the ending of an English plural or verb: "deliveries" and "delivery" are the same, and so are "wants" and "want". */
export function stem (word: string): string {
  if (word.length <= 3 || !word.endsWith('s')) return word
  return word
    .replace(/(?<=\p{L}{2})ies$/u, 'y')
    .replace(/(?<=ss|x|z|ch|sh)es$/, '')
    .replace(/(?<=\p{L})(?<![isu])s$/u, '')
}

/** What a contraction or an elision is short for. */
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
  return words.flatMap((word, at) => {
    const value = NUMBERS.get(word)
    if (isUnit(value) && TENS.has(words[at - 1] ?? '')) return []
    const tens = TENS.get(word)
    if (tens === undefined) return [value === undefined ? word : String(value)]
    const unit = NUMBERS.get(words[at + 1] ?? '')
    return [String(isUnit(unit) ? tens + unit : tens)]
  })
}

function isUnit (value: number | undefined): value is number {
  return value !== undefined && value >= 1 && value <= 9
}
