import t from 'tap'
import { BARE_FASTIFY, caveats, closedLoopTable, goalsTable, openLoopTable, type TargetFigures } from '../../../bench/load/report.ts'

/** @param callers - how many the bridge stores; without it a bare server */
function figuresOf (name: string, rates: number[], callers?: number, generatorLoad = 0.5): TargetFigures {
  const bridge = callers === undefined
    ? null
    : { driver: 'files' as const, startMs: 400, store: { callers, dataDir: '', env: {}, restore: async () => {} } }
  return {
    target: { name, url: '', pid: 1, callers: callers ?? 1000, bridge },
    rounds: rates.map((rate) => ({ rate, p50Ms: 1, p99Ms: 2, errors: 0, neutral: 1, generatorLoad })),
    drains: [0, 0.2, 0.1],
    memory: { rssMb: 100, peakMb: 260 }
  }
}

const fastify = figuresOf(BARE_FASTIFY, [9000, 10_000, 11_000])
const small = figuresOf('bridge, files', [3000, 4000, 5000], 1000)

t.test('a row has the medians of all rounds, and the sum of what went wrong', async (t) => {
  t.match(closedLoopTable([fastify, small]), '| bridge, files | 1,000 | 4,000 | 40 % | 1 | 2 | 0 | 3 | 100 | 260 | 400 | 0.1 |')
})

t.test('goals are compared with what was measured, as far as it was', async (t) => {
  const goals = String(goalsTable([fastify, small, figuresOf('bridge, files', [2000], 100_000)], []))

  t.match(goals, /35 % of bare Fastify.*\| 40 % \| ✓/)
  t.match(goals, /RSS below 250 MB \(at 100,000 callers\) \| 260 MB at most \| ✗/)
  t.notMatch(goals, 'at a million')
  t.match(goalsTable([fastify, small, figuresOf('bridge, files', [2000], 100_000), figuresOf('bridge, files', [1000], 1_000_000)], []), /at a million \| 50 % \| ✗/)
  t.equal(goalsTable([fastify], []), null)
})

t.test('the open loop has goals of its own', async (t) => {
  const loop = { sent: 20_000, p50Ms: 1, p99Ms: 12, maxMs: 30, errors: 0, neutral: 0, generatorP99Ms: 1 }
  const disk = { calls: 400, p50Ms: 20, p99Ms: 90, maxMs: 95, missing: 1 }
  const runs = [{ target: fastify.target, loop, disk: null }, { target: small.target, loop, disk }]

  t.match(openLoopTable(runs), '| bridge, files | 1,000 | 20,000 | 1.0 | 12.0 | 30.0 | 0 | 0 | 1.0 | 20 | 90 | 95 | 1 of 400 |')
  const goals = String(goalsTable([], runs))
  t.match(goals, /p99 below 10 ms \| 12.0 ms \| ✗/)
  t.match(goals, /no neutral response \| 0 and 0 \| ✓/)
  t.match(goals, /on disk within 100 ms \(p99\) \| 90 ms \| ✗/, 'one is missing')
})

t.test('a generator at its limit is told', async (t) => {
  t.strictSame(caveats([small]), [])
  t.match(caveats([figuresOf('bare node:http', [1], undefined, 0.97)]), [/used 97 % of a core against bare node:http/])
})
