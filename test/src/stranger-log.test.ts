import t from 'tap'
import { createStrangerLog } from '../../src/stranger-log.ts'

function open () {
  const lines: object[] = []
  const flushes: Array<() => void> = []
  const strangerLog = createStrangerLog({
    log: (fields, message) => lines.push({ ...fields, message }),
    inAMinute: (flush) => flushes.push(flush)
  })
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
