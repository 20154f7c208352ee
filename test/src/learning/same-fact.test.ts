import fc from 'fast-check'
import t from 'tap'
import { normalized, sameNormalized, saysTheSame } from '../../../src/learning/same-fact.ts'
import { runs } from '../../long.ts'

const SAME: Array<[one: string, other: string]> = [
  ['Prefers deliveries in the morning', 'prefers morning deliveries'],
  ['Prefers deliveries in the morning', 'Prefers a morning delivery.'],
  ['Has a dog named Rex', 'Has a dog, named Rex.'],
  ['Has a dog named Rex', 'The caller has a dog named Rex'],
  ['I have a dog', 'I has dog'],
  ['The caller\'s name is Dana', 'Name: DANA'],
  ['Is vegetarian', 'Vegetarian'],
  ['Works part-time, 3-5 days', 'works part time: 3 5 days'],
  ['Has two dogs', 'has 2 dogs'],
  ['Turns 3 in May', 'Turns three in May'],
  ['Does not eat meat', 'doesn’t eat meat'],
  ['Cannot come on Mondays', 'Can\'t come on Monday'],
  ['Is in the choir of the church', 'is in the church choir'],
  ['Works in the garden of the school', 'works, school garden'],
  ['Ｏｒｄｅｒ １２３４ ｉｓ ｌａｔｅ', 'Order 1234 is late'],
  ['Der Anrufer hat zwei Hunde', 'hat 2 Hunde'],
  ['Le client n’aime pas le thé', 'n\'aime pas le thé'],
  ['Prefiere entregas por la mañana', 'Prefiere la entrega por la mañana'],
  ['Tiene treinta y una gallinas', 'tiene treinta y una gallinas'],
  ['Bevorzugt Lieferungen am Vormittag', 'Bevorzugt eine Lieferung am Vormittag'],
  ['Hat einundzwanzig Hühner', 'hat 21 Hühner'],
  ['A vingt et un chats', 'A 21 chats'],
  ['Aime les promenades', 'Aime la promenade'],
  ['Ha trentatré gatti', 'Ha 33 gatti'],
  ['Tem dezesseis gatos', 'Tem 16 gatos'],
  ['Heeft eenentwintig kippen', 'Heeft 21 kippen'],
  ['犬を2匹飼っている', '犬を２匹飼っている。'],
  ['🐶', ' 🐶 '],
  ['The caller', 'the caller']
]

const DIFFERENT: Array<[one: string, other: string]> = [
  ['Has two dogs', 'Has three dogs'],
  ['Lives in Boston', 'Lives in Denver'],
  ['Prefers mornings', 'Prefers evenings'],
  ['Wife is called Ann', 'Husband is called Ann'],
  ['Order 1234 is late', 'Order 1235 is late'],
  ['Order 1234 is late', 'Order 01234 is late'],
  ['Born on 3 May 1980', 'Born on 5 March 1980'],
  ['Has a dog', 'Had a dog'],
  ['Vive en Madrid', 'Vivía en Madrid'],
  ['Wohnt in Köln', 'Wohnte in Köln'],
  ['Woont in Gent', 'Woonde in Gent'],
  ['La figlia si chiama Maria', 'La figlia si chiama Marie'],
  ['Lubi herbatę', 'Lubi herbaty'],
  ['Is a doctor', 'Has a doctor'],
  ['Has a dog', 'Has a dog named Rex'],
  ['Has a dog named Rex and a cat', 'Has a dog named Rex'],
  ['犬を2匹飼っている', '犬を3匹飼っている'],
  ['犬を飼っている', '猫を飼っている'],
  ['住在北京', '住在上海'],
  ['🐶', '🐱'],
  ['Likes ☕', 'Likes 🍵'],
  ['Owes 5 €', 'Owes 5 $'],
  ['Gets 5% off', 'Gets 5 off'],
  ['Blood type A+', 'Blood type A-'],
  ['Grade B-', 'Grade B'],
  ['Parked on level -1', 'Parked on level 1'],
  ['', 'Has a dog'],
  ['the', 'is']
]

const NEGATED: Array<[one: string, other: string]> = [
  ['Is allergic to nuts', 'Is not allergic to nuts'],
  ['Is allergic to nuts', 'Isn\'t allergic to nuts'],
  ['Eats meat', 'Never eats meat'],
  ['Drinks coffee with sugar', 'Drinks coffee without sugar'],
  ['Has pets', 'Has no pets'],
  ['Likes tea', 'Doesnt like tea'],
  ['Isst Fleisch', 'Isst kein Fleisch'],
  ['Kommt am Montag', 'Kommt nicht am Montag'],
  ['Trinkt Kaffee', 'Trinkt nie Kaffee'],
  ['Come carne', 'No come carne'],
  ['Come carne', 'No come nunca carne'],
  ['Café con azúcar', 'Café sin azúcar'],
  ['Aime le thé', 'N\'aime pas le thé'],
  ['Mange de la viande', 'Ne mange jamais de viande'],
  ['Du café avec sucre', 'Du café sans sucre'],
  ['Mangia carne', 'Non mangia mai carne'],
  ['Come carne', 'Não come carne'],
  ['Eet vlees', 'Eet geen vlees'],
  ['肉を食べる', '肉を食べない']
]

/** The same words in another order. */
const TURNED: Array<[one: string, other: string]> = [
  ['Prefers tea to coffee', 'Prefers coffee to tea'],
  ['Moved from Boston to Denver', 'Moved from Denver to Boston'],
  ['Is allergic to nuts, not to milk', 'Is allergic to milk, not to nuts'],
  ['Is allergic to nuts, not milk', 'Is not allergic to nuts, milk'],
  ['Ann is Ben\'s sister', 'Ben is Ann\'s sister'],
  ['Ann loves Ben', 'Ben loves Ann'],
  ['Has a cat and two dogs', 'Has a dog and two cats'],
  ['Has two dogs and three cats', 'Has three dogs and two cats'],
  ['Has a white dog and a cat', 'Has a dog and a white cat'],
  ['Has a brother in Boston and a sister', 'Has a brother and a sister in Boston'],
  ['Likes tea, not coffee in the morning', 'Likes morning tea, not coffee'],
  ['Arrives in the morning, leaves in the evening', 'Arrives in the evening, leaves in the morning'],
  ['Is manager of sales', 'Is sales of manager'],
  ['Room 5 in 2026', 'Room 2026 5'],
  ['Sister is Ann Lee', 'Sister is Lee Ann'],
  ['At home is Ann Lee', 'At home is Lee Ann'],
  ['Wants deliveries in the morning, Boston', 'Wants morning deliveries, Denver']
]

t.test('nearly the same words are the same fact', async (t) => {
  for (const [one, other] of SAME) {
    t.equal(saysTheSame(one, other), true, `${one} / ${other}`)
    t.equal(saysTheSame(other, one), true, `${other} / ${one}`)
  }
})

t.test('one other word, such as a negation, or another order makes another fact', async (t) => {
  for (const [one, other] of [...DIFFERENT, ...NEGATED, ...TURNED]) {
    t.equal(saysTheSame(one, other), false, `${one} / ${other}`)
    t.equal(saysTheSame(other, one), false, `${other} / ${one}`)
  }
})

const word = fc.constantFrom(
  'the', 'is', 'in', 'on', 'of', 'caller', 'dog', 'dogs', 'morning', 'delivery', 'not', 'never', 'kein', 'two', '2', '3', 'Ann', 'Ann\'s', 'and', 'doesn\'t', 'twenty', '犬', ',', '🐶'
)
const sentence = fc.oneof(fc.array(word, { maxLength: 7 }).map((words) => words.join(' ')), fc.string({ unit: 'grapheme' }))

t.test('every text says the same as itself, in any letter case, with any punctuation', async () => {
  fc.assert(fc.property(sentence, (text) => saysTheSame(text, text)))
  fc.assert(fc.property(fc.array(fc.constantFrom('dog', 'morning', 'two', 'not', 'Ann'), { minLength: 1 }), (words) =>
    saysTheSame(words.join(' '), ` ${words.join(', ').toUpperCase()}!`)))
})

t.test('two texts say the same whichever comes first', async () => {
  fc.assert(
    fc.property(sentence, sentence, (one, other) => saysTheSame(one, other) === saysTheSame(other, one)),
    { numRuns: runs(3000) }
  )
})

t.test('texts that say the same have the same numbers and as many negations', async () => {
  const words = fc.array(word.filter((each) => each !== 'twenty'), { minLength: 1, maxLength: 5 }).map((words) => words.join(' '))
  const signs = (text: string) => text.replaceAll('two', '2').replaceAll("n't", ' not').match(/\d|not|never|kein/g)?.sort().join() ?? ''

  fc.assert(
    fc.property(words, words, (one, other) => !saysTheSame(one, other) || signs(one) === signs(other)),
    { numRuns: runs(5000) }
  )
})

t.test('a text is compared with a thousand others in milliseconds', async (t) => {
  const gists = Array.from({ length: 1000 }, (_, n) => normalized(`The caller prefers deliveries in the morning before ${n} o'clock, at the door of the garden`))
  const one = normalized('Prefers deliveries in the morning before 999 o\'clock, at the garden door')

  const start = process.cpuUsage()
  t.equal(gists.findIndex((other) => sameNormalized(one, other)), 999)
  const milliseconds = process.cpuUsage(start).user / 1000
  t.ok(milliseconds < 100, `${milliseconds} ms`)
})

t.test('an unknown language falls back to exact comparison', async (t) => {
  t.ok(saysTheSame('Woli dostawy rano', 'woli DOSTAWY rano.'))
  for (const other of ['Woli dostawę rano', 'Woli rano dostawy', 'Nie woli dostawy rano', 'Woli dostawy']) t.notOk(saysTheSame('Woli dostawy rano', other), other)
})
