import { PassThrough } from 'node:stream'
import t from 'tap'
import { createProgress, positionOf } from '../../../src/cli/progress.ts'

/** A progress with a clock and a timer that are moved by hand; `written` is what came out so far. */
function prepared (isTTY: boolean) {
  let seconds = 0
  let written = ''
  let tick: (() => void) | null = null
  const out = Object.assign(new PassThrough(), { isTTY, columns: 100 })
  out.setEncoding('utf8').on('data', (text: string) => { written += text })
  const every = (_ms: number, work: () => void) => {
    tick = work
    return () => { tick = null }
  }
  const progress = createProgress({ label: 'Working', out, now: () => seconds * 1000, every })
  const at = (now: number) => { seconds = now }
  return { progress, at, tick: () => tick?.(), written: () => written, isTicking: () => tick !== null }
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

for (const isTTY of [true, false]) {
  t.test(`a step that takes long is shown after two seconds, ${isTTY ? 'on a terminal' : 'elsewhere'}`, async (t) => {
    const { progress, at, tick, written, isTicking } = prepared(isTTY)
    t.teardown(() => progress.end())
    tick()
    progress.show(0, '0 callers')
    at(1.9)
    tick()
    t.equal(written(), '')
    at(2)
    tick()
    t.match(written(), isTTY ? /Working .*0 callers/ : /^Working: 0 %, 0 callers\n$/)
    progress.end()
    t.notOk(isTicking())
  })
}

t.test('elsewhere there is a line every ten seconds', async (t) => {
  const { progress, at, written } = prepared(false)
  for (let now = 0; now <= 21; now++) {
    at(now)
    progress.show(now / 30, `${now} callers`)
  }
  progress.end()

  t.equal(written(), 'Working: 6 %, 2 callers\nWorking: 40 %, 12 callers\n')
})

t.test('a phone hash tells how far a walk has come', async (t) => {
  t.equal(positionOf('0'.repeat(64)), 0)
  t.equal(positionOf('8'.padEnd(64, '0')), 0.5)
  t.ok(positionOf('f'.repeat(64)) < 1)
  t.equal(positionOf(null), 1)
})
