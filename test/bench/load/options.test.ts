import t from 'tap'
import { parseOptions } from '../../../bench/load/options.ts'

t.test('without options everything is measured, up to 100 thousand callers', async (t) => {
  t.match(parseOptions([]), { callers: [1000, 100_000], drivers: ['files', 'sealed files', 'postgresql'], rounds: 3, closedLoop: true, openLoop: true })
})

t.test('options choose', async (t) => {
  t.strictSame(parseOptions(['--full'])?.callers, [1000, 100_000, 1_000_000])
  t.match(parseOptions(['--callers', '5,3,5', '--drivers', 'files,sealed', '--open-loop-only']), {
    callers: [3, 5], drivers: ['files', 'sealed files'], closedLoop: false
  })
  t.equal(parseOptions(['--help']), null)
})

t.test('what cannot be is refused', async (t) => {
  for (const args of [['--rounds', '0'], ['--seconds', 'two'], ['--drivers', 'oracle'], ['--fast']]) t.throws(() => parseOptions(args), TypeError, args.join(' '))
})
