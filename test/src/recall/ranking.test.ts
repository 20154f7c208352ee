/** One case for each step of the ranking. Each fails when its step is taken out. */
import t from 'tap'
import type { RecallItem } from '../../../src/recall/items.ts'
import { loadLanguage } from '../../../src/language/languages.ts'
import { search } from '../../../src/recall/ranking.ts'
import { createIndex } from '../../../src/recall/recall-index.ts'

const NOW = '2026-11-27T10:00:00.000Z'
const english = await loadLanguage('en')
const german = await loadLanguage('de')

const fact = (id: string, text: string, day = '2026-11-01'): RecallItem =>
  ({ id, kind: 'fact', text, at: `${day}T12:00:00.000Z` })
/** The turns of a call; their ids are those of the call and of the turn, from 1. */
const turns = (callId: string, texts: string[], more: Partial<RecallItem> = {}) =>
  texts.map((text, index): RecallItem => ({ ...fact(`${callId}${index + 1}`, text), kind: 'turn', callId, ...more }))
const summary = (callId: string, text: string): RecallItem => ({ ...fact(`${callId}s`, text), kind: 'summary', callId })

function found (items: RecallItem[], question: string, language = english): string[] {
  return search(createIndex(items, language, 'UTC'), question, NOW).map(({ item }) => item.id)
}

t.test('finds words in other forms, and only what has one', async (t) => {
  t.strictSame(found([fact('dog', 'Has two dogs'), fact('cat', 'Has a cat')], 'Which dog?'), ['dog'])
})

t.test('the rarer word counts more', async (t) => {
  const items = [fact('tea', 'Likes green tea'), fact('car', 'Drives a green car'), fact('door', 'Has a green door'), fact('boat', 'Owns a boat')]
  t.equal(found(items, 'the green boat')[0], 'boat')
})

t.test('a short item counts more than a long one', async (t) => {
  const long = fact('long', 'Keeps a dog in the old house by the river behind the mill near Oxford')
  t.strictSame(found([long, fact('short', 'Has a dog')], 'dog'), ['short', 'long'])
})

t.test('turns near the word come too, nearest first, and only those of the same call', async (t) => {
  const items = [...turns('a', ['Any pets?', 'Rex.', 'I see.', 'Right.', 'Fine.', 'Bye.']), ...turns('b', ['Hello.'])]
  t.strictSame(found(items, 'pets'), ['a1', 'a2', 'a3', 'a4', 'a5'])
  t.strictSame(found([...turns('a', ['Hm.', 'Any pets?']), ...turns('b', ['Hello.'])], 'pets'), ['a2', 'a1'])
})

t.test('turns come with the summary of their call', async (t) => {
  t.strictSame(found([summary('a', 'About a refund.'), ...turns('a', ['Hello.']), ...turns('b', ['Hello.'])], 'refund'), ['as', 'a1'])
})

t.test('facts come before what was said, and summaries after it', async (t) => {
  t.strictSame(found([summary('b', 'A dog.'), ...turns('a', ['A dog.']), fact('dog', 'A dog.')], 'dog'), ['dog', 'a1', 'bs'])
})

t.test('turns of the speaker who is named come first', async (t) => {
  const items = [...turns('a', ['I like tea.'], { speaker: 'Ann Lee' }), ...turns('b', ['I like tea.'], { speaker: 'Bob' })]
  t.equal(found(items, 'Does Ann like tea?')[0], 'a1')
  t.equal(found(items, 'Does Bob like tea?')[0], 'b1')
})

t.test('what is a question itself comes later', async (t) => {
  t.equal(found([...turns('a', ['Any dog?']), ...turns('b', ['My dog.'])], 'dog')[0], 'b1')
})

t.test('what was said in the days of the question comes first, also some days after, and without any word', async (t) => {
  const items = [fact('may', 'Paid', '2026-06-02'), fact('june', 'Paid', '2026-06-03'), fact('april', 'Lives here', '2026-04-30')]
  t.equal(found(items, 'Paid in May?')[0], 'may')
  t.strictSame(found(items, 'What was it in May?'), ['may'])
})

t.test('the names of months and weekdays are known in every language, also for what was written', async (t) => {
  const items = [fact('may', 'Umzug', '2026-05-03'), fact('april', 'Umzug', '2026-04-03')]
  t.strictSame(found(items, 'im Mai', german), ['may'])
  t.equal(found(items, 'Umzug, am Freitag', german)[0], 'april')
  t.strictSame(found(turns('a', ['Ja.'], { at: '2026-05-03T12:00:00.000Z' }), 'im Mai', german), ['a1'])
})

t.test('days are those of the time zone', async (t) => {
  const late = { ...fact('late', 'Paid'), at: '2026-11-23T23:30:00.000Z' }
  const asked = (timeZone: string) => search(createIndex([late], english, timeZone), 'on Tuesday', NOW).length
  t.equal(asked('Europe/Berlin'), 1)
  t.equal(asked('UTC'), 0)
  const early = { ...late, id: 'early', at: '2026-11-23T12:00:00.000Z' }
  t.equal(search(createIndex([early, late], english, 'Europe/Berlin'), 'Tuesday', NOW)[0]?.item.id, 'late')
})

t.test('a word that nobody said stands for those that are like it', async (t) => {
  t.strictSame(found([fact('yes', 'Die Lieferadresse ist neu'), fact('no', 'Die Katze')], 'Adresse', german), ['yes'])
  t.strictSame(found([fact('yes', 'Had a mentor'), fact('no', 'Had a menu')], 'mentorship'), ['yes'])
  t.strictSame(found([fact('no', 'Has an alarm')], 'arm'), [], 'three letters are too few')
})

t.test('the newest of equals comes first', async (t) => {
  const [old, young] = [fact('old', 'A dog', '2026-01-01'), fact('new', 'A dog', '2026-02-01')]
  t.strictSame(found([old, young], 'dog'), ['new', 'old'])
  t.strictSame(found([young, old], 'dog'), ['new', 'old'])
})

t.test('the end of a very long question is not read', async (t) => {
  t.strictSame(found([fact('dog', 'A dog'), fact('cat', 'A cat')], `dog ${'1'.repeat(300)} cat`), ['dog'])
})

t.test('nothing is found among nothing, and without words', async (t) => {
  t.strictSame(found([], 'dog'), [])
  t.strictSame(found([fact('dog', 'A dog')], 'What was it?'), [])
  t.strictSame(found([fact('dog', 'A dog')], ''), [])
  t.strictSame(found([fact('empty', '')], 'dog'), [])
})
