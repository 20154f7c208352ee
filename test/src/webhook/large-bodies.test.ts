import t from 'tap'
import { createLargeBodies, type LargeBody } from '../../../src/webhook/large-bodies.ts'

/** Two places, a clock that a test moves, and bodies that say what becomes of them. */
function open () {
  let time = 0
  let looks: Array<{ at: number, work: () => void }> = []
  const bodies = createLargeBodies(2, () => time, (work, ms) => looks.push({ at: time + ms, work }))
  const events: string[] = []

  function arrive (name: string, { firstPartMs = 10, isWhole = false } = {}) {
    const body = { firstPartMs, bytes: 0, bytesRead: () => body.bytes, isWhole: () => isWhole, giveUp: () => { events.push(`${name} out`) } }
    bodies.takeSlot(body satisfies LargeBody).then(() => events.push(`${name} in`), t.threw)
    return body
  }

  async function after (ms: number) {
    time += ms
    const due = looks.filter(({ at }) => at <= time)
    looks = looks.filter(({ at }) => at > time)
    for (const { work } of due) work()
    await new Promise(setImmediate)
    return events
  }
  return { arrive, after, leave: bodies.leave }
}

t.test('bodies wait for a place, and get the one that becomes free', async (t) => {
  const { arrive, after, leave } = open()
  const first = arrive('first')
  arrive('second')
  arrive('third')

  t.strictSame(await after(0), ['first in', 'second in'])
  leave(first)
  t.strictSame(await after(0), ['first in', 'second in', 'third in'])
})

t.test('when others wait, the slowest loses its place after half a second', async (t) => {
  const { arrive, after } = open()
  const fast = arrive('fast')
  const slow = arrive('slow')
  await after(0)
  fast.bytes = 1_000_000
  slow.bytes = 1000
  t.strictSame(await after(60_000), ['fast in', 'slow in'], 'nobody waits')

  arrive('third')
  t.strictSame(await after(100), ['fast in', 'slow in', 'slow out', 'third in'])
  arrive('fourth')
  t.strictSame((await after(499)).slice(4), ['fast out', 'fourth in'], 'the third has not had its half second')
})

t.test('as many go as wait', async (t) => {
  const { arrive, after } = open()
  for (const name of ['one', 'two', 'three', 'four', 'five']) arrive(name)
  await after(0)

  t.strictSame((await after(500)).slice(2), ['one out', 'two out', 'three in', 'four in'])
})

t.test('of those that wait, the one whose first part came fastest goes first', async (t) => {
  const { arrive, after, leave } = open()
  const first = arrive('first')
  arrive('second')
  arrive('crawling', { firstPartMs: 9000 })
  arrive('quick', { firstPartMs: 3 })
  await after(0)
  leave(first)

  t.strictSame((await after(0)).slice(2), ['quick in'])
})

t.test('a body that is whole keeps its place, however long its response takes', async (t) => {
  const { arrive, after } = open()
  arrive('one', { isWhole: true })
  arrive('two', { isWhole: true })
  arrive('three')

  t.strictSame(await after(60_000), ['one in', 'two in'])
})

t.test('a body that is cut off while it waits gets no place', async (t) => {
  const { arrive, after, leave } = open()
  const first = arrive('first')
  arrive('second')
  leave(arrive('gone'))
  leave(first)

  t.strictSame(await after(0), ['first in', 'second in'])
})
