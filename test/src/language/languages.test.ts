import t from 'tap'
import { loadDates, loadWords } from '../../../src/language/languages.ts'

const REFERENCE = { instant: new Date('2026-10-15T12:00:00.000Z'), timezone: 'UTC' }

t.test('the words of each language are loaded', async (t) => {
  for (const code of 'ar bg da de el en es fi fr hu id it nl no pt ro ru sv ta tr uk'.split(' ')) {
    const { stem, stopWords } = await loadWords(code)
    t.ok(stopWords.size > 20, code)
    t.type(stem('a'), 'string', code)
  }
  t.match(await loadWords('pt-BR'), { code: 'pt' })
  t.strictSame((await loadWords('tlh')).stem('targhs'), 'targhs')
})

t.test('dates are found in each language that has them', async (t) => {
  for (const code of 'de en es fi fr it nl pt ru sv uk'.split(' ')) {
    const parseDates = await loadDates(code)
    const [found] = parseDates('2026-12-01', REFERENCE)
    t.match([found?.text, found?.start.get('month')], ['2026-12-01', 12], code)
  }
  t.strictSame((await loadDates('tlh'))('2026-12-01', REFERENCE), [])
})
