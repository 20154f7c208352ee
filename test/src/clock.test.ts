import t from 'tap'
import { clockDriftMs, storableTime } from '../../src/clock.ts'

t.test('the drift is what the wall clock moved beyond the time that passed', async (t) => {
  const start = { wallMs: 1_000_000, monotonicMs: 5 }
  const cases: Array<[wallMs: number, monotonicMs: number, drift: number]> = [
    [1_000_000, 5, 0], [1_060_000, 60_005, 0], [1_060_000, 5, 60_000], [940_000, 5, -60_000], [
      1_000_000,
      60_005,
      -60_000
    ]
  ]

  for (const [wallMs, monotonicMs, drift] of cases) t.equal(clockDriftMs(start, { wallMs, monotonicMs }), drift)
})

t.test('a week without a call is no drift', async (t) => {
  const week = 7 * 24 * 60 * 60 * 1000
  t.equal(clockDriftMs({ wallMs: 0, monotonicMs: 0 }, { wallMs: week, monotonicMs: week }), 0)
})

t.test('a time that can be stored stays as it is', async (t) => {
  for (const iso of ['1970-01-01T00:00:00.000Z', '2026-11-22T09:30:00.000Z', '9998-12-31T23:59:59.999Z']) {
    const date = new Date(iso)
    t.equal(storableTime(date), date)
  }
})

t.test('any other time becomes the nearest one that can be stored', async (t) => {
  const cases: Array<[Date, string]> = [
    [new Date('9999-01-01T00:00:00.000Z'), '9998-12-31T23:59:59.999Z'],
    [new Date('+010000-01-01T00:00:00.000Z'), '9998-12-31T23:59:59.999Z'],
    [new Date(8.64e15), '9998-12-31T23:59:59.999Z'],
    [new Date(-1), '1970-01-01T00:00:00.000Z'],
    [new Date(-8.64e15), '1970-01-01T00:00:00.000Z'],
    [new Date(NaN), '1970-01-01T00:00:00.000Z']
  ]
  for (const [date, iso] of cases) t.equal(storableTime(date).toISOString(), iso)
})
