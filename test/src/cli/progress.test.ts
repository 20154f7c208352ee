import { PassThrough } from 'node:stream'
import t, { type Test } from 'tap'
import { positionOf, withProgress, type ShowProgress } from '../../../src/cli/progress.ts'

/** Work with a timer that is moved by hand; `written` is what came out so far. */
function prepared (t: Test, isTTY: boolean) {
  let written = ''
  let look: (() => void) | null = null
  const out = Object.assign(new PassThrough(), { isTTY, columns: 100 })
  out.setEncoding('utf8').on('data', (text: string) => { written += text })
  const every = (_ms: number, work: () => void) => {
    look = work
    return () => { look = null }
  }
  let show: ShowProgress = () => {}
  let finish = () => {}
  const ended = withProgress({ label: 'Working', out, every }, async (given) => {
    show = given
    await new Promise<void>((resolve) => { finish = resolve })
  })
  const end = async () => {
    finish()
    await ended
  }
  t.teardown(end)
  /** Half a second each. */
  const pass = (seconds: number) => { for (let n = 0; n < seconds * 2; n++) look?.() }
  return { show, pass, end, written: () => written, isLooking: () => look !== null }
}

for (const isTTY of [true, false]) {
  t.test(`nothing is shown of what takes less than two seconds, ${isTTY ? 'on a terminal' : 'elsewhere'}`, async (t) => {
    const { show, pass, end, written } = prepared(t, isTTY)
    show(0.5, '7 callers')
    pass(1.5)
    show(0.6, '8 callers')
    await end()

    t.equal(written(), '')
  })

  t.test(`a step that takes long is shown after two seconds, ${isTTY ? 'on a terminal' : 'elsewhere'}`, async (t) => {
    const { show, pass, end, written, isLooking } = prepared(t, isTTY)
    show(0, '0 callers')
    pass(2)
    t.match(written(), isTTY ? /Working .*0 callers/ : /^Working: 0 %, 0 callers\n$/)
    await end()
    t.notOk(isLooking())
  })
}

t.test('on a terminal there is a bar after two seconds, and it is taken away at the end', async (t) => {
  const { show, pass, end, written } = prepared(t, true)
  show(0.25, '7 callers')
  pass(2)

  t.match(written(), /Working .*7 callers/)
  await end()
  t.match(written(), /25 %/)
  t.ok(written().includes('\u001b[?25h'), 'the cursor is back')
})

t.test('it is taken away after an error, too', async (t) => {
  let isLooking = true
  const every = () => () => { isLooking = false }
  const failing = withProgress({ label: 'Working', out: new PassThrough(), every }, async () => { throw new Error('failed') })

  await t.rejects(failing, { message: 'failed' })
  t.notOk(isLooking)
})

t.test('elsewhere there is a line every ten seconds', async (t) => {
  const { show, pass, end, written } = prepared(t, false)
  for (let now = 0; now <= 21; now++) {
    show(now / 30, `${now} callers`)
    pass(1)
  }
  await end()

  t.equal(written(), 'Working: 3 %, 1 callers\nWorking: 36 %, 11 callers\nWorking: 70 %, 21 callers\n')
})

t.test('a phone hash tells how far a walk has come', async (t) => {
  t.equal(positionOf('0'.repeat(64)), 0)
  t.equal(positionOf('8'.padEnd(64, '0')), 0.5)
  t.ok(positionOf('f'.repeat(64)) < 1)
  t.equal(positionOf(null), 1)
})
