import t from 'tap'
import { readSince } from '../../../src/cli/since.ts'

const now = new Date('2026-11-22T09:30:00.500Z')
const seconds = (text: string) => Date.parse(text) / 1000

t.test('hours, days, a day and a moment are read', async (t) => {
  const cases = {
    '7d': '2026-11-15T09:30:00Z',
    '12h': '2026-11-21T21:30:00Z',
    '0h': '2026-11-22T09:30:00Z',
    '2026-11-15': '2026-11-15T00:00:00Z',
    '2026-11-15T09:00:00Z': '2026-11-15T09:00:00Z',
    '2026-11-15T09:00+01:00': '2026-11-15T08:00:00Z',
    '1970-01-01': '1970-01-01T00:00:00Z'
  }
  for (const [text, expected] of Object.entries(cases)) t.equal(readSince(text, now), seconds(expected), text)
})

t.test('anything else is not', async (t) => {
  for (const text of ['', '7', 'd', '-7d', '7 d', '7w', '1.5d', '99999d', '999999h', 'yesterday', '2026-13-01', '2026-11-15T09:00:00', '2026-11-23', '2026-11-22T09:31:00Z', '1969-12-31', '2026']) {
    t.throws(() => readSince(text, now), /must look like 7d/, text)
  }
})
