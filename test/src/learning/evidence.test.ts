import { performance } from 'node:perf_hooks'
import t from 'tap'
import { isMentioned, speechOf, supportOf } from '../../../src/learning/evidence.ts'

/** At least half of the claim was said. */
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

/** Something of it was said, and less than half. */
const HALF_SUPPORTED: Array<[claim: string, ...spoken: string[]]> = [
  ['Is entitled to a full refund', 'refund please'],
  ['Order number is 1234', 'it is 1234'],
  ['Order number is 1234', 'twelve thirty-four', 'one two', 'three four'],
  ['Order number is 12 34', 'it is 1234'],
  ['Has a boat in the harbour of Kiel', 'My boat is blue']
]

/** At least half of it was said, and it is denied on one side alone. */
const CONTRADICTED: Array<[claim: string, ...spoken: string[]]> = [
  ['Is allergic to nuts', 'I am not allergic to nuts'],
  ['Is allergic to nuts', 'I\'m allergic to nothing with nuts'],
  ['Is not allergic to nuts', 'I am allergic to nuts'],
  ['Is not allergic to nuts', 'I\'m allergic to nuts. I don\'t like tea.'],
  ['Likes tea', 'I\'m allergic to nuts. I don\'t like tea.'],
  ['Wants nuts', 'no nuts please'],
  ['Eats meat', 'I never eat meat'],
  ['Can climb stairs', 'I can\'t climb stairs'],
  ['Can climb stairs', 'i cant climb stairs'],
  ['Can climb stairs', 'I cannot climb stairs'],
  ['Has children', 'I don\u2019t have children'],
  ['Is allergic to nuts', 'I am not, you know, allergic to nuts'],
  ['Is allergic to nuts', 'I am not, as far as I know, allergic to nuts'],
  ['Is allergic to nuts', 'I don\'t think that I am allergic to nuts'],
  ['Is allergic to nuts', 'I\'m not... allergic to nuts'],
  ['Is allergic to nuts', 'Allergic to nuts? No.'],
  ['Is allergic to nuts', 'Allergic to nuts, no.'],
  ['Is allergic to nuts', 'I\'m allergic to nuts. Sorry, I\'m not allergic to nuts.'],
  ['Is allergic to nuts', 'I am allergic to nuts.', 'I mean, I am not allergic to nuts.'],
  ['Is fond of nuts', 'I am not so fond of nuts'],
  ['Has a cat', 'I have a dog and no cat'],
  ['Has a cat and no dog', 'I have a dog and no cat'],
  ['Takes sugar', 'coffee without sugar please'],
  ['Eats nuts', 'I eat everything except nuts'],
  ['Eats fish', 'I don\'t eat meat, eggs and fish'],
  ['Prefers Tuesday', 'It\'s not Tuesday, it\'s Thursday'],
  ['Has a car', 'I don\'t have a car so I need delivery']
]

/** Both sides deny it, or what is denied is something else. */
const AGREED: Array<[claim: string, ...spoken: string[]]> = [
  ['Is not allergic to nuts', 'I am not allergic to nuts'],
  ['Isn\'t allergic to nuts', 'I am not allergic to nuts'],
  ['Is allergic to nuts', 'I\'m allergic to nuts. I don\'t like tea.'],
  ['Is allergic to nuts', 'I\'m allergic to nuts, I don\'t like tea.'],
  ['Does not like tea', 'I\'m allergic to nuts. I don\'t like tea.'],
  ['Is allergic to nuts', 'I don\'t like tea.', 'I\'m allergic to nuts.'],
  ['Wants no nuts', 'no nuts please'],
  ['Never eats meat', 'I never eat meat'],
  ['Does not eat meat', 'I never eat meat'],
  ['Cannot climb stairs', 'I can\'t climb the stairs'],
  ['Does not have a dog', 'I do not have a dog any more.'],
  ['Neighbour Otto is allergic to nuts', 'My neighbour Otto is allergic to nuts, so no nuts in the parcel.'],
  ['Wants deliveries on Thursday afternoon', 'Please deliver on Thursday.', 'No, I said Thursday afternoon.'],
  ['Wants deliveries on Thursday afternoon', 'no i said deliver it on thursday afternoon'],
  ['Wants tea', 'No, thank you, no. Tea.'],
  ['Has a dog', 'I have a dog and no cat'],
  ['Has a dog and no cat', 'I have no cat but I have a dog'],
  ['Drinks coffee', 'coffee without sugar please'],
  ['Drinks coffee without sugar', 'coffee without sugar please'],
  ['Has a dog', 'I have a dog. My dog does not bite.'],
  ['Prefers Thursday', 'It\'s not Tuesday, it\'s Thursday'],
  ['Needs delivery', 'I don\'t have a car so I need delivery'],
  ['Is called Smith', 'I am Mr. Smith'],
  // Negations of other languages are not told: here "no" is "in the".
  ['Mora no Porto', 'moro em Porto']
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

const supportFor = (claim: string, spoken: string[]) => supportOf(speechOf(spoken), claim)

t.test('a claim is supported in full by half of its words, and a negation on both sides or neither', async (t) => {
  for (const [claim, ...spoken] of [...SUPPORTED, ...AGREED]) t.equal(supportFor(claim, spoken), 'full', `${claim} / ${spoken.join(' / ')}`)
})

t.test('a claim is partly supported when less was said, or when only one side is negated', async (t) => {
  for (const [claim, ...spoken] of [...HALF_SUPPORTED, ...CONTRADICTED]) t.equal(supportFor(claim, spoken), 'unsupported', `${claim} / ${spoken.join(' / ')}`)
})

t.test('a claim is not supported by stop words, other words, other numbers, or silence', async (t) => {
  for (const [claim, ...spoken] of UNSUPPORTED) t.equal(supportFor(claim, spoken), 'none', `${claim} / ${spoken.join(' / ')}`)
})

t.test('what the speaker corrects at once is taken back, what they say instead is not', async (t) => {
  t.equal(supportFor('Wants delivery on Tuesday', ['Deliver on Tuesday. No, Wednesday.']), 'taken-back')
  t.equal(supportFor('Wants delivery on Wednesday', ['Deliver on Tuesday. No, deliver on Wednesday.']), 'full')
  t.equal(supportFor('Has two dogs', ['I have two dogs. No, three dogs.']), 'taken-back')
  t.equal(supportFor('Has three dogs', ['I have two dogs. No, three dogs.']), 'full')
  t.equal(supportOf(speechOf(['It is forty-one. Sorry, forty-two.']), 'Wears size 41', { given: speechOf(['Which size do you wear?']) }), 'taken-back')
})

t.test('a name after a relation is one, another word is not', async (t) => {
  t.equal(supportFor('Rosa is allergic to nuts', ['My neighbour Rosa is allergic to nuts']), 'full')
  t.equal(supportFor('Is allergic to nuts', ['My neighbour allergic to nuts']), 'somebody-else')
})

t.test('a mention may be negated', async (t) => {
  for (const [claim, ...spoken] of [...SUPPORTED, ...AGREED, ...CONTRADICTED]) {
    t.equal(
      isMentioned(speechOf(spoken), claim),
      true,
      claim
    )
  }
  for (const [claim, ...spoken] of [...HALF_SUPPORTED, ...UNSUPPORTED]) {
    t.equal(
      isMentioned(speechOf(spoken), claim),
      false,
      claim
    )
  }
})

t.test('many claims are compared with the same speech', async (t) => {
  const speech = speechOf(['My dog is called Rex', 'and I live in Boston'])

  t.strictSame(['Has a dog', 'Has a cat', 'Lives in Boston', 'Has no dog'].map((claim) => supportOf(speech, claim)), ['full', 'none', 'full', 'unsupported'])
})

t.test('a hostile transcript does not take long', async (t) => {
  const texts = ['no, i '.repeat(10_000), 'dogs '.repeat(12_000), 'no? no. '.repeat(7500), `${'('.repeat(30_000)}${' - '.repeat(10_000)}`, Array.from({ length: 12_000 }, (_, n) => `dogs${n.toString(36)}`).join(' ')]
  const started = performance.now()
  for (const text of texts) {
    const speech = speechOf([text])
    for (let n = 0; n < 30; n++) supportOf(speech, 'The dogs no dogs i like are not dogs that dogsx dogsy dogsz like')
  }
  t.ok(performance.now() - started < 5000, `${performance.now() - started} ms`)
})
