/** Splits text into words, for comparing facts and evidence. */
import { asciiDigits } from '../phone/mask-number.ts'

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
const ORDINAL = /(?<=\d)(?:st|nd|rd|th)(?!\p{L})/gu

/** Speech recognition writes "dont" for "don't". */
const BARE_CONTRACTION = /^(do|does|did|is|are|was|were|has|have|had|would|could|should|ca|wo)nt$/

/**
 * Each list counts from zero. A dot replaces a word with another meaning: articles ("un", "uno", "um", "een"), "due",
 * "once", "sei", and "sept", which is short for September.
 */
const NUMBER_WORDS = [
  'zero one two three four five six seven eight nine ten ' +
    'eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen',
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

const TEN_WORDS = ['twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety']

const TENS: ReadonlyMap<string, number> = new Map(TEN_WORDS.map((word, at) => [word, 10 * (at + 2)]))

/**
 * In lower case, without punctuation. "isn't" becomes "is" and "not", "l'eau" becomes "l" and "eau", "10am" becomes
 * "10" and "am"; a possessive stays one word. Symbols, emoji and minus signs are words.
 *
 * Numbers become ASCII digits, with a dot or comma if they have one: digits of every script, English words up to
 * ninety-nine, and words up to twelve in German, Spanish, French, Italian, Portuguese and Dutch.
 */
export function wordsOf (text: string): string[] {
  const plain = asciiDigits(text.normalize('NFKC').toLowerCase()).replace(/[’ʼ]/g, "'").replace(ORDINAL, '')
  const words = [...plain.matchAll(TOKEN)].flatMap(([token, dense]) => {
    if (dense !== undefined) return [...SEGMENTER.segment(dense)].map(({ segment }) => segment)
    return isNumber(token) ? [token.replace(/,(?=\d{3})/g, '')] : spelledOut(token)
  })
  return withNumbers(words)
}

export function isNumber (word: string): boolean {
  return /^\d/.test(word)
}

/** Drops the ending of an English plural or verb: "deliveries" becomes "delivery", "wants" becomes "want". */
export function stem (word: string): string {
  if (word.length <= 3 || !word.endsWith('s')) return word
  return word
    .replace(/(?<=\p{L}{2})ies$/u, 'y')
    .replace(/(?<=ss|x|z|ch|sh)es$/, '')
    .replace(/(?<=\p{L})(?<![isu])s$/u, '')
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
