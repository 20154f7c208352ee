import { spawnSync } from 'node:child_process'
import t from 'tap'
import { ENV, NODE } from '../processes.ts'

const run = (...args: string[]) => spawnSync(ENV, [...NODE, ...args], { encoding: 'utf8' })

t.test('a wrong argument is one line that says what is right, and exit code 2', async (t) => {
  const cases: Array<[args: string[], line: RegExp]> = [
    [['dist/bench/chaos/chaos.js', '--only', 'kills'], /^--only has to be some of kill, [a-z, -]+, not kills\n$/],
    [['dist/bench/chaos/chaos.js', '--kills', 'many'], /^--kills has to be a whole number, 1 or more, not many\n$/],
    [['dist/bench/load/bench.js', '--only', 'open,wrong'], /^--only has to be some of closed, open, start, tools, not wrong\n$/]
  ]
  for (const [args, line] of cases) {
    const { status, stdout, stderr } = run(...args)
    t.match(stderr, line)
    t.strictSame([status, stdout], [2, ''])
  }
})
