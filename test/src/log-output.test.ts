/** What goes wrong under a log must not reach the calls. */
import { Writable } from 'node:stream'
import t from 'tap'
import { logOutput } from '../../src/log-output.ts'

/** An output that takes a chunk when `release` is called. */
function slowOutput () {
  const taken: string[] = []
  const waiting: Array<() => void> = []
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk: string, _encoding, done) => { waiting.push(() => { taken.push(chunk); done() }) }
  })
  return { stream, taken, release: () => waiting.shift()?.() }
}

t.test('lines go out whole and in order', async (t) => {
  const { stream, taken, release } = slowOutput()
  const log = logOutput(stream)
  log.write('one\n')
  log.write('two\n')

  const flushed = log.flush()
  while (stream.writableLength > 0 || taken.length < 3) {
    release()
    await new Promise(setImmediate)
  }
  await flushed

  t.strictSame(taken, ['one\n', 'two\n', ''])
})

t.test('lines that a megabyte waits in front of are dropped, later ones are not', async (t) => {
  const { stream, taken, release } = slowOutput()
  const log = logOutput(stream)
  const half = 'x'.repeat(512 * 1024)
  for (const line of [half, half, 'dropped\n']) log.write(line)
  release()
  await new Promise(setImmediate)
  release()
  await new Promise(setImmediate)

  log.write('later\n')
  release()

  t.strictSame(taken, [half, half, 'later\n'])
})

t.test('a flush of an output that takes nothing ends after a second', async (t) => {
  const log = logOutput(slowOutput().stream)
  log.write('one\n')
  const begun = performance.now()

  await log.flush()

  t.ok(performance.now() - begun < 3000)
})

t.test('a flush with nothing waiting ends at once', async (t) => {
  const { stream, taken } = slowOutput()
  await logOutput(stream).flush()
  t.strictSame(taken, [])
})

t.test('a broken output throws nothing', async (t) => {
  const log = logOutput(new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) }))
  log.write('one\n')
  await t.resolves(log.flush())
  log.write('two\n')
  await t.resolves(log.flush())
})
