import t from 'tap'
import { LANGUAGES } from '../../../src/learning/languages.ts'
import { isNumber, stemOf, wordsOf } from '../../../src/learning/words.ts'

t.test('a text is split into words', async (t) => {
  const cases: Array<[text: string, words: string]> = [
    ['Has a dog, named Rex.', 'has a dog named rex'],
    ['ＦＵＬＬ-width', 'full width'],
    ['Doesn\'t, isn’t, can\'t, won\'t, cannot, dont, cant', 'does not is not can not will not can not do not can not'],
    ['L’eau qu\'il n\'aime pas, dell\'acqua', 'l eau qu il n aime pas dell acqua'],
    ['Ann\'s sister, o\'clock', 'ann\'s sister o\'clock'],
    ['At 10am on May 3rd: 12b', 'at 10 am on may 3 12 b'],
    ['1,000 or 3.5, ٤٢', '1000 or 3.5 42'],
    ['犬が2匹います', '犬 が 2 匹 い ます'],
    ['❤️ 5% of -3 €, A- 3-5 x-y -', '❤ 5 % of - 3 € a - 3 5 x y'],
    ['… ! \u0301 * & ?', ''],
    ['', '']
  ]
  for (const [text, words] of cases) t.equal(wordsOf(text).join(' '), words, text)
})

t.test('number words are numbers', async (t) => {
  const cases: Array<[text: string, words: string]> = [
    ['zero one twelve nineteen third', '0 1 12 19 3'],
    ['twenty, twenty-five, ninety nine, thirty third', '20 25 99 33'],
    ['twenty twelve, twenty zero, five twenty', '20 12 20 0 5 20'],
    ['zwei Hunde, zwölf Katzen', '2 hunde 12 katzen'],
    ['dos perros, tre cani, deux chiens, três cães, vijf honden', '2 perros 3 cani 2 chiens 3 cães 5 honden'],
    ['My neighbour Otto, Otto\'s dog, OTTO', 'my neighbour otto otto\'s dog 8'],
    ['Otto lives next door', 'otto lives next door'],
    ['Otto', 'otto'],
    ['Otto. Siamo in otto. Otto persone per favore', '8 siamo in 8 8 persone per favore'],
    ['einen Hund, once a week, due on Sept 5', 'einen hund once a week due on sept 5']
  ]
  for (const [text, words] of cases) t.equal(wordsOf(text).join(' '), words, text)
  t.strictSame(['5', '3.5', 'five', 'a5'].map(isNumber), [true, true, false, false])
})

t.test('a stem is the same for the plural of a noun and the third person of a verb', async (t) => {
  const cases: Array<[code: string, word: string, other: string]> = [
    ['en', 'deliveries', 'delivery'], ['en', 'wants', 'want'], ['en', 'boxes', 'box'], ['en', 'ann\'s', 'ann'], ['de', 'hunde', 'hund'],
    ['es', 'perros', 'perro'], ['fr', 'chiens', 'chien'], ['it', 'gatti', 'gatto'], ['nl', 'katten', 'kat'], ['pt', 'gatos', 'gato']
  ]
  for (const [code, word, other] of cases) {
    const language = LANGUAGES.find((each) => each.code === code)!
    t.equal(stemOf(word, language), stemOf(other, language), word)
  }
  t.strictSame(['dogs', 'ann\'s', '1980', ''].map((word) => stemOf(word, null)), ['dogs', 'ann', '1980', ''])
})
