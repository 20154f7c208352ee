import t from 'tap'
import { calendarDate, daysBetween, longDate, whenSaid } from '../../../src/prompt/dates.ts'

t.test('a date is the date in the operator\'s time zone', async (t) => {
  const cases: Array<[instant: string, timeZone: string, long: string, short: string]> = [
    ['2026-11-22T23:30:00.000Z', 'UTC', 'Sunday, 22 November 2026', '2026-11-22'],
    ['2026-11-22T23:30:00.000Z', 'Europe/Berlin', 'Monday, 23 November 2026', '2026-11-23'],
    ['2026-11-22T03:30:00.000Z', 'America/New_York', 'Saturday, 21 November 2026', '2026-11-21'],
    ['2026-12-31T23:59:59.999Z', 'Asia/Kolkata', 'Friday, 1 January 2027', '2027-01-01']
  ]
  for (const [instant, timeZone, long, short] of cases) {
    t.equal(longDate(instant, timeZone), long)
    t.equal(calendarDate(instant, timeZone), short)
  }
})

t.test('days are counted by calendar, not by hours', async (t) => {
  t.equal(daysBetween('2026-11-22T00:01:00.000Z', '2026-11-22T23:59:00.000Z', 'UTC'), 0)
  t.equal(daysBetween('2026-11-21T23:59:00.000Z', '2026-11-22T00:01:00.000Z', 'UTC'), 1)
  t.equal(daysBetween('2026-11-21T23:59:00.000Z', '2026-11-22T00:01:00.000Z', 'America/New_York'), 0)
  t.equal(daysBetween('2026-11-22T22:59:00.000Z', '2026-11-22T23:01:00.000Z', 'Europe/Berlin'), 1)
})

t.test('a day of 23 or 25 hours is one day', async (t) => {
  t.equal(daysBetween('2026-03-28T12:00:00.000Z', '2026-03-29T12:00:00.000Z', 'Europe/Berlin'), 1)
  t.equal(daysBetween('2026-10-24T12:00:00.000Z', '2026-10-25T12:00:00.000Z', 'Europe/Berlin'), 1)
})

t.test('the same instant gives the same date in every notation', async (t) => {
  for (const [instant, date] of [
    ['2026-11-22T09:30:00.000Z', '2026-11-22'], ['2026-11-22T09:30:00Z', '2026-11-22'], ['2026-11-22T00:30:00.000+02:00', '2026-11-21'],
    ['2028-02-29T23:59:59.999Z', '2028-02-29'], ['2026-12-31T00:00:00.000Z', '2026-12-31'], ['2026-11-22T24:00:00.000Z', '2026-11-23'],
    ['0987-11-22T09:30:00.000Z', '987-11-22']
  ] as const) t.equal(calendarDate(instant, 'UTC'), date, instant)
  t.throws(() => calendarDate('2026-11-22T23:59:60.000Z', 'UTC'), RangeError)
})

t.test('when something was said is told in words', async (t) => {
  const now = '2026-11-27T12:00:00.000Z'
  const cases: Array<[instant: string, timeZone: string, words: string]> = [
    ['2026-11-27T00:00:00.000Z', 'UTC', 'today'],
    ['2026-11-27T03:00:00.000Z', 'America/New_York', 'yesterday'],
    ['2026-11-25T23:59:00.000Z', 'UTC', 'last Wednesday'],
    ['2026-11-25T23:59:00.000Z', 'Europe/Berlin', 'yesterday'],
    ['2026-11-21T12:00:00.000Z', 'UTC', 'last Saturday'],
    ['2026-11-20T12:00:00.000Z', 'UTC', 'on 20 November'],
    ['2026-05-12T12:00:00.000Z', 'UTC', 'on 12 May'],
    ['2025-12-31T23:30:00.000Z', 'UTC', 'on 31 December 2025'],
    ['2025-12-31T23:30:00.000Z', 'Europe/Berlin', 'on 1 January'],
    ['2026-11-28T12:00:00.000Z', 'UTC', 'on 28 November']
  ]
  for (const [instant, timeZone, words] of cases) t.equal(whenSaid(instant, now, timeZone), words, `${instant} ${timeZone}`)
})
