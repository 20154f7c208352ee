import t from 'tap'
import { loadLanguage } from '../../../src/language/languages.ts'
import { daysIn, startOfDay, validityOf, type Reading } from '../../../src/learning/days.ts'

/** Of a call on Thursday, 15 October 2026. */
async function readingIn (language: string): Promise<Reading> {
  const { parseDates } = await loadLanguage(language)
  return { parseDates, startedAt: '2026-10-15T09:00:00.000Z', timeZone: 'Europe/Berlin' }
}

/** From, until and the words; `?` where the words leave it open whether it is one day. */
const CASES: Record<string, Array<[text: string, days: string | null]>> = {
  en: [
    ['Comes tomorrow', '2026-10-16 2026-10-16 tomorrow'], ['Comes next Tuesday', '2026-10-20 2026-10-20 next Tuesday'], ['Comes in two weeks', '2026-10-29 2026-10-29 in two weeks'],
    ['Comes the day after tomorrow', '2026-10-17 2026-10-17 the day after tomorrow'], ['On holiday next week', '2026-10-19 2026-10-25 next week'], ['Away until Friday', '2026-10-15 2026-10-16 Friday'],
    ['Comes on Tuesday', '2026-10-20 2026-10-20 on Tuesday ?'], ['Was ill yesterday', '2026-10-14 - yesterday'], ['Had surgery two days ago', '2026-10-13 - two days ago'],
    ['Birthday is 5 May', '2027-05-05 2027-05-05 5 May ?'], ['Moves on 3 December 2026', '2026-12-03 2026-12-03 on 3 December 2026 ?'], ['Away from Monday to Wednesday', '2026-10-19 2026-10-21 Monday to Wednesday ?'],
    ['Comes every Tuesday', null], ['Works on Tuesdays', null], ['Prefers the morning', null], ['Calls at 10', null], ['Moves next month', null], ['Comes tomorrow or in two weeks', null], ['Has a dog', null]
  ],
  es: [
    ['Viene mañana', '2026-10-16 2026-10-16 mañana'], ['Viene pasado mañana', '2026-10-17 2026-10-17 pasado mañana'], ['Viene el martes que viene por la mañana', '2026-10-20 2026-10-20 martes que viene'],
    ['Viene el próximo martes', '2026-10-20 2026-10-20 próximo martes'], ['Viene dentro de dos semanas', '2026-10-29 2026-10-29 dentro de dos semanas'], ['Viene cada martes', null], ['Prefiere por la mañana', null], ['Fuera hasta el viernes', '2026-10-15 2026-10-16 viernes']
  ],
  fr: [
    ['Vient demain', '2026-10-16 2026-10-16 demain'], ['Vient après-demain', '2026-10-17 2026-10-17 après-demain'], ['Vient mardi prochain', '2026-10-20 2026-10-20 mardi prochain'], ['Vient dans quinze jours', '2026-10-30 2026-10-30 dans quinze jours'],
    ['En vacances la semaine prochaine', '2026-10-19 2026-10-25 la semaine prochaine'], ['Vient chaque mardi', null], ['Vient tous les mardis', null]
  ],
  de: [
    ['Kommt morgen', '2026-10-16 2026-10-16 morgen'], ['Kommt übermorgen', '2026-10-17 2026-10-17 übermorgen'], ['Kommt nächsten Dienstag', '2026-10-20 2026-10-20 nächsten Dienstag'], ['Kommt kommenden Dienstag', '2026-10-20 2026-10-20 kommenden Dienstag'],
    ['Kommt in vierzehn Tagen', '2026-10-29 2026-10-29 in vierzehn Tagen'], ['Kommt in zwei Wochen', '2026-10-29 2026-10-29 in zwei Wochen'], ['Kommt jeden Dienstag', null], ['Bevorzugt am Morgen', null], ['Verreist bis Freitag', '2026-10-15 2026-10-16 Freitag']
  ],
  pt: [
    ['Vem amanhã', '2026-10-16 2026-10-16 amanhã'], ['Vem depois de amanhã', '2026-10-17 2026-10-17 depois de amanhã'], ['Vem daqui a duas semanas', '2026-10-29 2026-10-29 daqui a duas semanas'], ['Vem na próxima terça-feira', '2026-10-20 2026-10-20 próxima terça-feira'],
    ['Vem toda terça', null], ['Prefere de manhã', null]
  ],
  it: [
    ['Viene domani', '2026-10-16 2026-10-16 domani'], ['Viene dopodomani', '2026-10-17 2026-10-17 dopodomani'], ['Viene martedì prossimo', '2026-10-20 2026-10-20 martedì prossimo'], ['Viene tra due settimane', '2026-10-29 2026-10-29 tra due settimane'], ['Viene ogni martedì', null]
  ],
  nl: [
    ['Komt morgen', '2026-10-16 2026-10-16 morgen'], ['Komt overmorgen', '2026-10-17 2026-10-17 overmorgen'], ['Komt volgende week dinsdag', '2026-10-20 2026-10-20 volgende week dinsdag'], ['Komt over twee weken', '2026-10-29 2026-10-29 over twee weken'],
    ['Komt aanstaande dinsdag', '2026-10-20 2026-10-20 aanstaande dinsdag'], ['Komt elke dinsdag', null], ['Liefst in de morgen', null]
  ]
}

t.test('the days of a sentence are counted from the call', async (t) => {
  for (const [language, cases] of Object.entries(CASES)) {
    const reading = await readingIn(language)
    for (const [text, expected] of cases) {
      const days = daysIn(text, reading)
      t.equal(days && `${days.from} ${days.until ?? '-'} ${days.saidAs}${days.isCertain ? '' : ' ?'}`, expected, text)
    }
  }
})

t.test('days are those of TIMEZONE', async (t) => {
  const late = { ...await readingIn('en'), startedAt: '2026-10-15T23:30:00.000Z' }
  t.match(daysIn('Comes tomorrow', late), { from: '2026-10-17' })
  t.equal(startOfDay('2026-10-25', 'Europe/Berlin'), '2026-10-24T22:00:00.000Z')
  t.equal(startOfDay('2026-10-26', 'Europe/Berlin'), '2026-10-25T23:00:00.000Z')
  t.equal(startOfDay('2026-12-01', 'UTC'), '2026-12-01T00:00:00.000Z')
  t.equal(startOfDay('2026-12-01', 'America/New_York'), '2026-12-01T05:00:00.000Z')
})

t.test('what a model claims about days has to agree with the words', async (t) => {
  const reading = await readingIn('en')
  const tuesday = { valid_from: '2026-10-20', valid_until: '2026-10-20' }
  const none = { valid_from: null, valid_until: null }
  const stored = { valid_from: '2026-10-19T22:00:00.000Z', valid_until: '2026-10-20T22:00:00.000Z' }

  t.strictSame(validityOf('Comes next Tuesday', [], tuesday, reading), { ...stored, said_as: 'next Tuesday' })
  t.strictSame(validityOf('Comes next Tuesday', [], none, reading), { ...stored, said_as: 'next Tuesday' })
  t.strictSame(validityOf('Comes on Tuesday', [], none, reading), {}, 'perhaps every Tuesday')
  t.strictSame(validityOf('Comes on Tuesday', [], tuesday, reading), { ...stored, said_as: 'on Tuesday' })
  t.strictSame(validityOf('Comes by car', ['Next Tuesday, by car.'], tuesday, reading), stored, 'in the caller\'s words alone')
  t.strictSame(validityOf('Comes by car', ['By car.'], tuesday, reading), {}, 'nobody said so')
  t.equal(validityOf('Comes next Tuesday', [], { valid_from: '2026-10-21', valid_until: null }, reading), null)
})
