import t from 'tap'
import { at, callerHash, checks } from '../../stored.ts'

const isMark = (erasedAt: string) => checks.mark({ phone_hash: callerHash(1), erased_at: erasedAt })

t.test('a time is one that can be read, in UTC or with an offset', async (t) => {
  for (const good of [at(1), '2026-12-31T23:59:59Z', '2028-02-29T00:00:00.123456Z', '2026-11-22T09:30:00+01:00']) {
    t.ok(isMark(good), good)
    t.ok(Date.parse(good))
  }
  for (const bad of [
    '', 'yesterday', '2026-11-22', '2026-11-22T09:30', '2026-13-01T00:00:00Z', '2026-00-01T00:00:00Z', '2026-01-32T00:00:00Z', '2026-01-00T00:00:00Z',
    '2026-01-01T24:00:00Z', '2026-01-01T23:60:00Z', '2026-01-01T23:59:60Z', '2026-01-01T00:00:00', '2026-01-01 00:00:00Z', '12026-01-01T00:00:00Z',
    '2026-01-01T00:00:00+25:00', '2026-01-01T00:00:00Z '
  ]) t.notOk(isMark(bad), bad)
})
