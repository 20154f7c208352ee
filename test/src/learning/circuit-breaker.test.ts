import t from 'tap'
import { createCircuitBreaker, FIRST_PAUSE_MS, MAX_FAILURES, MAX_PAUSE_MS } from '../../../src/learning/circuit-breaker.ts'
import { testClock } from '../../fixtures/webhooks.ts'

const START = '2026-11-22T09:00:00.000Z'
const away = new Error('away')
const refused = new Error('refused')
const defect = new Error('defect')

/** A circuit with a clock, and what it told of. */
function circuit () {
  const clock = testClock(START)
  const told: string[] = []
  const breaker = createCircuitBreaker({
    now: clock.now, wasReached: (error) => error === defect ? null : error !== away, onOpen: () => told.push('open'), onClose: () => told.push('closed')
  })
  const fail = async (error = away) => {
    await breaker.run(async () => { throw error }).catch((thrown: unknown) => {
      if (thrown !== error) throw thrown
    })
  }
  const open = async () => { for (let n = 0; n < MAX_FAILURES; n++) await fail() }
  /** A request that ends when it is told to. */
  const slow = () => {
    const { promise, resolve, reject } = promiseParts()
    const ended = breaker.run(() => promise).then(() => 'done', (error: unknown) => error)
    return { ended, resolve, reject }
  }
  return { breaker, told, fail, open, slow, pass: clock.pass }
}

function promiseParts () {
  let resolve = () => {}
  let reject = (_error: Error) => {}
  const promise = new Promise<void>((...parts) => { [resolve, reject] = parts })
  return { promise, resolve, reject }
}

t.test('it opens after some failures in a row to reach the endpoint, and says so once', async (t) => {
  const { breaker, told, fail } = circuit()
  for (let n = 1; n < MAX_FAILURES; n++) await fail()
  t.equal(await breaker.run(async () => 'an answer'), 'an answer')
  for (let n = 1; n < MAX_FAILURES; n++) await fail()
  t.strictSame([breaker.state(), breaker.heldUntil(), told], ['closed', null, []])

  await fail()

  t.strictSame([breaker.state(), breaker.heldUntil(), told], ['open', '2026-11-22T09:00:30.000Z', ['open']])
  let isAsked = false
  await t.rejects(breaker.run(async () => { isAsked = true }), { name: 'CircuitOpen', until: '2026-11-22T09:00:30.000Z' })
  t.notOk(isAsked)
})

t.test('refusals are answers, and defects say nothing', async (t) => {
  for (const error of [refused, defect]) {
    const { breaker, fail } = circuit()
    for (let n = 0; n < 10; n++) await fail(error)
    t.equal(breaker.state(), 'closed')
  }
  const { breaker, fail } = circuit()
  for (let n = 0; n < MAX_FAILURES * 2; n++) await fail(n % 2 === 0 ? away : refused)
  t.equal(breaker.state(), 'closed')
})

t.test('after the pause one request decides', async (t) => {
  const { breaker, told, open, slow, pass } = circuit()
  await open()
  pass(FIRST_PAUSE_MS / 1000)
  t.strictSame([breaker.state(), breaker.heldUntil()], ['half-open', null])

  const request = slow()
  await t.rejects(breaker.run(async () => 'another'), { name: 'CircuitOpen' })
  t.strictSame([breaker.state(), breaker.heldUntil()], ['half-open', '2026-11-22T09:00:40.000Z'])
  request.resolve()

  t.equal(await request.ended, 'done')
  t.strictSame([breaker.state(), breaker.heldUntil(), told], ['closed', null, ['open', 'closed']])
})

t.test('the pause doubles with each try that fails, up to five minutes, and is short again after a success', async (t) => {
  const { breaker, told, fail, open, pass } = circuit()
  await open()
  for (const seconds of [30, 60, 120, 240, 300, 300]) {
    pass(seconds - 1)
    t.equal(breaker.state(), 'open')
    pass(1)
    t.equal(breaker.state(), 'half-open')
    await fail()
  }
  t.strictSame([told, MAX_PAUSE_MS], [['open'], 300_000], 'one outage')
  pass(300)
  await breaker.run(async () => {})
  await open()
  pass(30)
  t.equal(breaker.state(), 'half-open')
  t.strictSame(told, ['open', 'closed', 'open'])
})

t.test('a try that says nothing leaves it half-open for the next one', async (t) => {
  const { breaker, fail, open, pass } = circuit()
  await open()
  pass(30)
  await fail(defect)
  t.strictSame([breaker.state(), breaker.heldUntil()], ['half-open', null])
})

t.test('requests that were under way when it opened lengthen nothing, and one that succeeds closes it', async (t) => {
  const { breaker, told, open, slow, pass } = circuit()
  const [late, good] = [slow(), slow()]
  await open()
  pass(10)
  late.reject(away)
  t.equal(await late.ended, away)
  t.equal(breaker.heldUntil(), '2026-11-22T09:00:30.000Z')
  good.resolve()
  await good.ended
  t.strictSame([breaker.state(), told], ['closed', ['open', 'closed']])
})

t.test('a try that fails after another request has closed it is one failure', async (t) => {
  const { breaker, told, open, slow, pass } = circuit()
  const good = slow()
  await open()
  pass(30)
  const request = slow()
  good.resolve()
  await good.ended
  request.reject(away)
  await request.ended
  t.strictSame([breaker.state(), told], ['closed', ['open', 'closed']])
})

t.test('the pause can be ended', async (t) => {
  const { breaker, open } = circuit()
  breaker.endPause()
  t.equal(breaker.state(), 'closed')
  await open()
  breaker.endPause()
  t.equal(breaker.state(), 'half-open')
})
