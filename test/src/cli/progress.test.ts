import { PassThrough } from 'node:stream'
import t from 'tap'
import { createProgress, positionOf } from '../../../src/cli/progress.ts'

/** A progress with a clock that is set by hand; `written` is what came out so far. */
function prepared (isTTY: boolean) {
  let seconds = 0
  let written = ''
  const out = Object.assign(new PassThrough(), { isTTY, columns: 100 })
  out.setEncoding('utf8').on('data', (text: string) => { written += text })
  const progress = createProgress({ label: 'Working', out, now: () => seconds * 1000 })
  return { progress, at: (now: number) => { seconds = now }, written: () => written }
}

for (const isTTY of [true, false]) {
  t.test(`nothing is shown of what takes less than two seconds, ${isTTY ? 'on a terminal' : 'elsewhere'}`, async (t) => {
    const { progress, at, written } = prepared(isTTY)
    for (const now of [0, 1, 1.9]) {
      at(now)
      progress.show(0.5, '7 callers')
    }
    progress.end()

    t.equal(written(), '')
  })
}

t.test('on a terminal there is a bar after two seconds, and it is taken away at the end', async (t) => {
  const { progress, at, written } = prepared(true)
  t.teardown(() => progress.end())
  at(2)
  progress.show(0.25, '7 callers')

  t.match(written(), /Working .*7 callers/)
  progress.end()
  t.match(written(), /25 %/)
  t.ok(written().includes('\u001b[?25h'), 'the cursor is back')
})

t.test('elsewhere there is a line every ten seconds', async (t) => {
  const { progress, at, written } = prepared(false)
  for (let now = 0; now <= 21; now++) {
    at(now)
    progress.show(now / 30, `${now} callers`)
  }
  progress.end()

  t.equal(written(), 'Working: 33 %, 10 callers\nWorking: 66 %, 20 callers\n')
})

t.test('a phone hash tells how far a walk has come', async (t) => {
  t.equal(positionOf('0'.repeat(64)), 0)
  t.equal(positionOf('8'.padEnd(64, '0')), 0.5)
  t.ok(positionOf('f'.repeat(64)) < 1)
  t.equal(positionOf(null), 1)
})
