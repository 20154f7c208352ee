/** What goes wrong under a log must not reach the calls. */
import { Writable } from 'node:stream'
import t from 'tap'
import { createStrangerLog, logOutput } from '../../src/log.ts'

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

t.test('the lines of a turn go out in one write, whole and in order', async (t) => {
  const { stream, taken, release } = slowOutput()
  const log = logOutput(stream)
  log.write('one\n')
  log.write('two\n')
  await new Promise(setImmediate)
  log.write('three\n')

  const flushed = log.flush()
  while (stream.writableLength > 0 || taken.length < 3) {
    release()
    await new Promise(setImmediate)
  }
  await flushed

  t.strictSame(taken, ['one\ntwo\n', 'three\n', ''])
})

t.test('lines that a megabyte waits in front of are dropped, later ones are not', async (t) => {
  const { stream, taken, release } = slowOutput()
  const log = logOutput(stream)
  const half = 'x'.repeat(512 * 1024)
  log.write(half)
  await new Promise(setImmediate)
  for (const line of [half, 'dropped\n']) log.write(line)
  await new Promise(setImmediate)
  for (let writes = 0; writes < 2; writes++) {
    release()
    await new Promise(setImmediate)
  }

  log.write('later\n')
  await new Promise(setImmediate)
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

function open () {
  const lines: object[] = []
  const flushes: Array<() => void> = []
  const strangerLog = createStrangerLog(
    (fields, message) => lines.push({ ...fields, message }), (flush) => flushes.push(flush))
  return { ...strangerLog, lines, flushes }
}

t.test('the first line goes out at once, its repeats a minute later as one', async (t) => {
  const { write, lines, flushes } = open()
  for (let n = 0; n < 4; n++) write('a', { address: '192.0.2.1' }, 'refused')
  write('b', { address: '192.0.2.2' }, 'refused')

  t.strictSame(lines, [{ address: '192.0.2.1', message: 'refused' }, { address: '192.0.2.2', message: 'refused' }])
  t.equal(flushes.length, 1)
  flushes[0]?.()
  t.strictSame(lines.slice(2), [{ address: '192.0.2.1', repeats: 3, message: 'refused' }])
  flushes[0]?.()
  t.equal(lines.length, 3, 'what was told is not told again')

  write('a', {}, 'refused')
  t.equal(lines.length, 4, 'in the next minute it goes out at once again')
  t.equal(flushes.length, 2)
})

t.test('strangers without number make no lines without number', async (t) => {
  const { write, lines, flush } = open()
  for (let n = 0; n < 5000; n++) write(`address ${n}`, { address: n }, 'refused')
  write('address 0', {}, 'refused')

  t.equal(lines.length, 1000)
  flush()
  t.strictSame(lines.slice(1000), [
    { address: 0, repeats: 1, message: 'refused' }, { repeats: 4000, message: 'too many strangers to log each; the rest is only counted' }
  ])
})
