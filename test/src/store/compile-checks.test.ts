import t from 'tap'
import { fact, record } from '../prompt/samples.ts'
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

t.test('what was found valid in a long list is not looked at again, and all else is', async (t) => {
  const facts = Array.from({ length: 60 }, (_, n) => fact(`Fact ${n}`))
  const isValid = (changed: unknown[]) => checks.caller({ ...record(), facts: changed })
  const broken = { ...facts[59]!, text: 5 }

  t.ok(isValid(facts))
  t.notOk(isValid([...facts, broken]))
  t.notOk(isValid([...facts.slice(0, 59), broken]), 'also the second time')
  t.notOk(isValid(facts.map((each) => each.id)))
  t.notOk(isValid(Array.from({ length: 10_001 }, () => facts[0])), 'too many of what is known')
  Object.assign(facts[0]!, { text: 5 })
  t.ok(isValid(facts), 'nothing may change in place')
  t.notOk(isValid(facts.slice(0, 10)), 'a short list is looked at')
})
