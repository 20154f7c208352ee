import t from 'tap'
import { loadLanguage } from '../../../src/language/languages.ts'
import { searchWords } from '../../../src/recall/search-words.ts'

const cases: [code: string, text: string, words: string[]][] = [
  ['en', 'Was she moving to the new addresses?', ['move', 'new', 'address']],
  ['de', 'Die Rechnungen für die Straße', ['rechnung', 'strass']],
  ['es', 'las citas de la doctora', ['cit', 'doctor']],
  ['pt-BR', 'os endereços', ['enderec']],
  ['hi', 'मेरा पता', ['मेरा', 'पता']],
  ['tlh', 'Heghlu’meH QaQ jajvam', ['heghlu', 'meh', 'qaq', 'jajvam']],
  ['en', 'Order 12/11, ﬁle №5', ['order', '12', '11', 'file', 'no5']],
  ['en', 'Do you have a dog?', ['dog']],
  ['en', '…', []]
]

for (const [code, text, words] of cases) {
  t.test(`${code}: ${text}`, async (t) => {
    t.strictSame(searchWords(text, await loadLanguage(code)), words)
  })
}

t.test('text without spaces has words, too', async (t) => {
  for (const [code, text, word] of [['ja', '住所は東京です', '東京'], ['th', 'ที่อยู่ใหม่', 'ใหม่']] as const) {
    t.ok(searchWords(text, await loadLanguage(code)).includes(word), text)
  }
})

t.test('a language without anything has no dates', async (t) => {
  const { parseDates } = await loadLanguage('tlh')
  t.strictSame(parseDates('yesterday', { instant: new Date(0) }), [])
})
