import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { withDeadline } from '../../src/deadline.ts'

t.test('gives what the work gives while there is time', async (t) => {
  t.equal(await withDeadline(sleep(5, 'done'), 1000, () => 'late'), 'done')
})

t.test('gives what late gives when there is none left, and drops what the work throws later', async (t) => {
  const work = sleep(30).then(() => { throw new Error('too late to matter') })

  t.equal(await withDeadline<string>(work, 5, () => 'late'), 'late')
  await sleep(50)
})

t.test('passes on what the work throws, and what late throws', async (t) => {
  await t.rejects(withDeadline(Promise.reject(new Error('work')), 1000, () => 'late'), { message: 'work' })
  await t.rejects(withDeadline(sleep(1000, null, { ref: false }), 5, () => { throw new Error('late') }), { message: 'late' })
})
