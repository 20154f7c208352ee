import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { createRounds } from '../../../../src/store/file/rounds.ts'

t.test('work that comes during a round waits for the next one, which takes a limited number, in order', async (t) => {
  const inTurn = createRounds(2)
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const work = (name: string) => () => {
    begun.push(name)
    return new Promise<string>((resolve) => ends.set(name, () => resolve(name)))
  }
  async function end (name: string): Promise<void> {
    ends.get(name)!()
    await nextTurn()
  }

  const all = ['a', 'b', 'c', 'd'].map((name) => inTurn(work(name)))
  t.strictSame(begun, ['a'], 'nobody to wait for')
  await end('a')
  t.strictSame(begun, ['a', 'b', 'c'])
  await end('c')
  t.strictSame(begun, ['a', 'b', 'c'], 'a round ends with its last')
  await end('b')
  t.strictSame(begun, ['a', 'b', 'c', 'd'])
  await end('d')

  t.strictSame(await Promise.all(all), ['a', 'b', 'c', 'd'])
})

t.test('a failure reaches its own caller, and the rounds continue', async (t) => {
  const inTurn = createRounds(2)

  const failing = inTurn(async () => { throw new Error('no') })
  const next = inTurn(async () => 'next')

  await t.rejects(failing, { message: 'no' })
  t.equal(await next, 'next')
})
