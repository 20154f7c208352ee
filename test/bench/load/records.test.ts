import t from 'tap'
import { recordOf } from '../../../bench/load/records.ts'
import { numberOf } from '../../../bench/people.ts'
import { createCallerIdReader } from '../../../src/phone/caller-id.ts'
import { checks } from '../../stored.ts'

const now = new Date('2026-11-22T09:00:00Z')
const { identify } = createCallerIdReader({ OWN_NUMBERS: [] })
const mean = (texts: string[]) => texts.reduce((sum, text) => sum + text.length, 0) / texts.length

t.test('a made-up caller', async (t) => {
  const people = [0, 1, 999, 123_456, 999_999, 1_999_999]
  const records = people.map((n) => recordOf(n, now))

  t.test('is a record that the bridge takes, under a number that it reads', async (t) => {
    for (const [index, n] of people.entries()) {
      t.ok(checks.caller(records[index]), `record ${n}`)
      t.match(identify(numberOf(n)), { kind: 'phone', phoneHash: records[index]!.phone_hash })
    }
  })

  t.test('has ten facts of about 80 characters, and ten calls with summaries of about 150', async (t) => {
    for (const { facts, calls } of records) {
      t.equal(new Set(facts.map(({ text }) => text)).size, 10)
      t.equal(calls.length, 10)
    }
    const facts = mean(records.flatMap((record) => record.facts.map(({ text }) => text)))
    const summaries = mean(records.flatMap((record) => record.calls.map(({ summary }) => summary!)))
    t.ok(facts > 70 && facts < 100, `facts have ${facts} characters`)
    t.ok(summaries > 130 && summaries < 170, `summaries have ${summaries} characters`)
  })

  t.test('is the same every time', async (t) => {
    t.strictSame(people.map((n) => recordOf(n, now)), records)
  })
})
