import t from 'tap'
import { isSupported, speechOf, supports } from '../../../src/learning/evidence.ts'

const SUPPORTED: Array<[claim: string, ...spoken: string[]]> = [
  ['Prefers deliveries in the morning', 'A delivery before noon, please'],
  ['Is vegetarian', 'we are all vegetarians here'],
  ['Has allergies', 'I\'m allergic'],
  ['The caller\'s name is Dana', 'hello', 'This is Dana.'],
  ['The caller\'s name is Ann', 'That would be Ann\'s order'],
  ['Dana\'s wife is called Ann', 'Ann, my wife'],
  ['Has a son', 'My son is ill'],
  ['Has two dogs', 'I\'ve got two dogs'],
  ['Has 2 dogs', 'both dogs, yes, two of them'],
  ['Turned 25 on May 3', 'my birthday is May third, I turned twenty-five'],
  ['Order number is 1234', 'it is 1234'],
  ['Order number is 1234', 'twelve thirty-four', 'one two', 'three four'],
  ['Order number is 12 34', 'it is 1234'],
  ['Owes $1,000', 'a bill over 1000 dollars'],
  ['Hat einen Hund', 'Mein Hund bellt'],
  ['Hat zwei Hunde', 'zwei, mein Hund und'],
  ['Der Anrufer heißt Müller', 'Müller hier'],
  ['Prefiere entregas por la mañana', 'una entrega mañana'],
  ['Le client a un chien', 'J’ai un chien'],
  ['Il cliente ha un cane', 'un cane'],
  ['O cliente tem um cachorro', 'meu cachorro'],
  ['De klant heeft een hond', 'mijn hond'],
  ['犬を飼っています', 'うちの犬です'],
  ['客户有一只狗', '我的狗'],
  ['Lubi herbatę', 'poproszę herbatę']
]

const UNSUPPORTED: Array<[claim: string, ...spoken: string[]]> = [
  ['Prefers deliveries in the morning', 'yes'],
  ['Is vegetarian', 'Yes, OK, no, sure, right.'],
  ['Yes', 'yes'],
  ['No, thanks', 'no thanks'],
  ['', 'hello'],
  ['Has a dog'],
  ['Has a dog', ''],
  ['…', '…'],
  ['Likes 🐶', '🐶'],
  ['The caller\'s name is Dana', 'my name is, the caller said, he prefers and wants and likes to be called'],
  ['The caller is called Dana', 'call me later'],
  ['Has a dog', 'I have a cat'],
  ['Has two dogs', 'my dog'],
  ['Has two dogs', 'my three dogs'],
  ['Has 2 dogs', 'order 22 for the dogs'],
  ['Order 1234 is late', 'the order is late'],
  ['Order 1234 is late', 'order 12 3 is late'],
  ['Likes 5 5 5', '5'],
  ['Has 5', 'five'],
  ['Ann likes him', 'Annie likes him'],
  ['Is in international trade', 'How interesting'],
  ['Is at a party', 'his partner'],
  ['Hat eine Katze', 'er hat einen Hund'],
  ['Der Anrufer heißt Müller', 'ich heiße Meier'],
  ['Vive en Madrid', 'vive en Sevilla'],
  ['Aime le thé', 'j\'aime le café'],
  ['Ha un cane', 'ha un gatto'],
  ['Tem um cachorro', 'tem um gato'],
  ['Heeft een hond', 'heeft een kat'],
  ['犬です', '猫です'],
  ['客户有狗', '客户有猫']
]

t.test('a claim is supported by what was said of it', async (t) => {
  for (const [claim, ...spoken] of SUPPORTED) t.equal(isSupported(claim, spoken), true, `${claim} / ${spoken.join(' / ')}`)
})

t.test('a claim is not supported by frame words, other words or other numbers, or by nothing', async (t) => {
  for (const [claim, ...spoken] of UNSUPPORTED) t.equal(isSupported(claim, spoken), false, `${claim} / ${spoken.join(' / ')}`)
})

t.test('many claims are looked up in the same speech', async (t) => {
  const speech = speechOf(['My dog is called Rex', 'and I live in Boston'])

  t.strictSame(['Has a dog', 'Has a cat', 'Lives in Boston', 'Lives in Denver'].map((claim) => supports(speech, claim)), [true, false, true, false])
})
