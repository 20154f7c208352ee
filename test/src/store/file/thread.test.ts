import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { createThread } from '../../../../src/store/file/thread.ts'

/** A thread whose script is this; it answers each batch of `pieces` with `number`. */
function threadOf<Outcome> (t: Test, onMessage: string) {
  const folder = t.testdir({})
  const script = join(folder, 'script.mjs')
  writeFileSync(script, `import { parentPort } from 'node:worker_threads'\nparentPort.on('message', ([number, pieces]) => { ${onMessage} })`)
  return createThread<number, Outcome>(pathToFileURL(script))
}

t.test('pieces of work from one turn travel together, and each gets its own outcome', async (t) => {
  const thread = threadOf<string>(t, 'parentPort.postMessage([number, pieces.map((work) => work + " of " + pieces.length)])')

  const outcomes = Promise.all([1, 2, 3].map((work) => thread.run(work)))
  t.equal(thread.load, 3)

  t.strictSame(await outcomes, ['1 of 3', '2 of 3', '3 of 3'])
  t.equal(thread.load, 0)
  t.equal(await thread.run(4), '4 of 1')
})

t.test('a thread that ends fails its pending work, and the next piece gets a new thread', async (t) => {
  const thread = threadOf<number>(t, `
    if (pieces.includes(0)) throw new Error('out of order')
    parentPort.postMessage([number, pieces])`)
  t.equal(await thread.run(1), 1)

  const lost = [thread.run(0), thread.run(2)]

  for (const each of lost) await t.rejects(each, { message: 'out of order' })
  t.equal(thread.load, 0)
  t.equal(await thread.run(3), 3)
})

t.test('a batch that takes long holds up no other', async (t) => {
  const thread = threadOf<number>(t, 'setTimeout(() => parentPort.postMessage([number, pieces]), pieces[0])')

  const slow = thread.run(200)
  await wait(1)
  const quick = thread.run(1)

  t.equal(await Promise.race([slow, quick]), 1)
  t.equal(await slow, 200)
})
