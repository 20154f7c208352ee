import t from 'tap'
import { forgottenTest, isForgotten, traceOf, withoutForgotten } from '../../../src/learning/forgotten.ts'

t.test('what was forgotten is recognised in other words around it, by its marks and by its words', async (t) => {
  const cases: Array<[forgotten: string, said: string, is: boolean]> = [
    ['Is allergic to peanuts', 'I am allergic to peanuts, by the way.', true],
    ['Is allergic to peanuts', 'Peanuts? No, thank you!', true],
    ['Is allergic to peanuts', 'He has allergies.', true],
    ['Is allergic to peanuts', 'Please deliver it on Monday.', false],
    ['Has a dog called Rex', 'What is the name of your dog?', true],
    ['Prefers deliveries in the morning at the back door', 'Good morning, how can I help?', false],
    ['Hat einen Hund namens Rex', 'Unsere Hunde bellen nicht.', true],
    ['Gate code is 4471', 'It is 4471.', true],
    ['Gate code is 4471', 'It is 4472.', false],
    ['Is 45', 'I am 45.', true],
    ['Gate code is 4471', 'It is 14471.', false],
    ['Keeps 4e0a1b handy', 'Anybody there?', false],
    ['Likes ice', 'The icing on top.', false],
    ["Is married to Sean O'Brien", "This is O'Brien, the wife of Sean.", true],
    ['Pays 5 € (or $6) + tax', 'Hello there', false],
    ['喜欢喝咖啡', '我喜欢咖啡', true],
    ['コーヒーが好き', '彼はコーヒー派', true],
    ['Likes it', 'Hello there', false],
    ['Is 45', 'He is late.', false],
    ['That is it', 'It is late.', false],
    ['That is it', 'Is that it?', true]
  ]
  for (const [forgotten, said, is] of cases) {
    t.equal(isForgotten(said, [traceOf(forgotten)]), is, `${forgotten}: ${said}`)
    t.equal(forgottenTest(['Likes opera', forgotten])(said), is, `${forgotten}, in words: ${said}`)
  }
})

t.test('a mark holds no word, and too little of each to find it', async (t) => {
  const mark = traceOf('Is allergic to peanuts and lives at 4471 Main Street')

  t.match(mark, /^#?[0-9a-f]{3}( #?[0-9a-f]{3})*$/)
  t.ok(mark.split(' ').length >= 4)
})

t.test('a list without anything forgotten is the same list', async (t) => {
  const turns = [{ text: 'Hello' }, { text: 'I have a dog called Rex' }]

  t.equal(withoutForgotten(turns, []), turns)
  t.equal(withoutForgotten(turns, [traceOf('Likes opera')]), turns)
  t.strictSame(withoutForgotten(turns, [traceOf('Has a dog called Rex')]), [{ text: 'Hello' }])
})
