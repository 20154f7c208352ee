import t from 'tap'
import { createCallWatch } from '../../../src/status/call-watch.ts'

const START = Date.parse('2026-11-22T09:00:00.000Z')
const HOUR = 3600_000
const NO_REFUSALS = { requests: 0, last_at: null, last_reason: null }

function watching () {
  let ms = START
  const watch = createCallWatch(() => new Date(ms))
  return {
    watch,
    pass: (passed: number) => { ms += passed },
    ring: (id: string | null, outcome: Parameters<typeof watch.started>[1]['outcome'] = 'new', callSid: string | null = null) =>
      watch.started({ conversation_id: id ?? '' }, { outcome, callSid }),
    end: (id: string | null, outcome: Parameters<typeof watch.ended>[1]['outcome'] = 'closed', callSid: string | null = null) =>
      watch.ended({ data: { conversation_id: id ?? '' } }, { outcome, callSid })
  }
}

t.test('a call that ends leaves nothing open', async (t) => {
  const { watch, pass, ring, end } = watching()
  ring('c1')
  pass(60_000)
  t.match(watch.facts(), { starts: 1, ends: 0, waiting_since: '2026-11-22T09:00:00.000Z', without_end: 0 })

  end('c1')
  pass(2 * HOUR)

  watch.unrecorded()
  t.strictSame(watch.facts(), {
    starts: 1,
    last_start_at: '2026-11-22T09:00:00.000Z',
    ends: 1,
    last_end_at: '2026-11-22T09:01:00.000Z',
    waiting_since: null,
    without_end: 0,
    foreign_starts: 0,
    last_foreign_start_at: null,
    neutral: [],
    refused: { personalize: NO_REFUSALS, post_call: NO_REFUSALS },
    unrecorded: 1
  })
})

t.test('a call without an end counts from an hour to a day', async (t) => {
  const { watch, pass, ring, end } = watching()
  ring('c1')
  ring('c1')
  ring(null, 'new', 'CA2')
  ring(null)
  pass(HOUR - 1)
  t.equal(watch.facts().without_end, 0)

  pass(1)
  t.equal(watch.facts().without_end, 2, 'a repeated start is one call, and one without an id cannot be matched')
  end('another', 'closed', 'CA2')
  t.equal(watch.facts().without_end, 1, 'an end is matched by either id')

  pass(23 * HOUR)
  t.equal(watch.facts().without_end, 0)
})

t.test('calls beyond ten thousand push out the oldest', async (t) => {
  const { watch, pass, ring } = watching()
  for (let n = 0; n < 10_005; n++) ring(`c${n}`, 'new', `CA${n}`)
  pass(HOUR)
  t.equal(watch.facts().without_end, 10_000)
})

t.test('neutral responses are counted by outcome, foreign calls apart', async (t) => {
  const { watch, ring, end } = watching()
  for (const outcome of ['foreign-agent', 'no-number-withheld', 'returning', 'no-number-withheld'] as const) ring(null, outcome)
  end('x', 'foreign-agent')
  end('x', 'ignored')

  t.match(watch.facts(), {
    starts: 3, foreign_starts: 1, last_foreign_start_at: '2026-11-22T09:00:00.000Z', ends: 0, waiting_since: '2026-11-22T09:00:00.000Z'
  })
  t.strictSame(watch.facts().neutral, [{ outcome: 'no-number-withheld', calls: 2 }, { outcome: 'foreign-agent', calls: 1 }])
})

t.test('simulated calls do not count', async (t) => {
  const { watch, ring, end } = watching()
  ring('conv_simulated_1')
  ring('conv_simulated_2', 'failed')
  end('conv_simulated_1')
  t.match(watch.facts(), { starts: 0, ends: 0, neutral: [] })
})

t.test('refused webhooks are counted, with the last reason', async (t) => {
  const { watch } = watching()
  watch.refused('post_call', 'one')
  watch.refused('post_call', 'two')
  t.strictSame(watch.facts().refused, {
    personalize: NO_REFUSALS,
    post_call: { requests: 2, last_at: '2026-11-22T09:00:00.000Z', last_reason: 'two' }
  })
})
