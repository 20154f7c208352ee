/** How well three written callers are searched. Not a single question may be lost unnoticed. */
import t from 'tap'
import { fitAnswer } from '../../../src/recall/answer.ts'
import { loadLanguage } from '../../../src/language/languages.ts'
import { search } from '../../../src/recall/ranking.ts'
import { createRecallIndexes } from '../../../src/tools/recall-indexes.ts'
import { callers, NOW } from './callers.ts'

/** Of 20 questions each: where the best item answers, where one of the first three does, where the answer has one. */
const EXPECTED: Record<string, [first: number, firstThree: number, told: number]> = {
  en: [10, 15, 20],
  es: [15, 18, 19],
  de: [18, 20, 20]
}

for (const { language, record, questions } of callers) {
  t.test(language, async (t) => {
    const index = await createRecallIndexes('UTC').of(record, await loadLanguage(language), NOW)
    const ids = new Set(index.parts.flatMap(({ items }) => items.map(({ id }) => id)))
    const reached = [0, 0, 0]
    const missed: string[] = []
    for (const [question, wanted] of Object.entries(questions)) {
      t.strictSame(wanted.filter((id) => !ids.has(id)), [], `${question}: these items are there`)
      const ranked = search(index, question, NOW)
      const place = ranked.findIndex(({ item }) => wanted.includes(item.id))
      const told = fitAnswer(ranked, 1500, NOW, 'UTC').items.some(({ id }) => wanted.includes(id))
      const good = [place === 0, place >= 0 && place < 3, told]
      good.forEach((yes, measure) => { reached[measure]! += Number(yes) })
      if (!good[1]) missed.push(`${question}: ${place}`)
    }

    t.comment(`${reached.join(', ')} of ${Object.keys(questions).length}; not among the first three: ${missed.join('; ')}`)
    EXPECTED[language]!.forEach((least, measure) => { t.ok(reached[measure]! >= least, `at least ${least} as before`) })
  })
}
