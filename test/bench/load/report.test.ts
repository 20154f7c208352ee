import t from 'tap'
import { caveat, goalsTable, median, percentile, roundsTable, toolsTable, type Figures } from '../../../bench/load/report.ts'

const closedLoop = (rate: number, generatorLoad = 0.5) => ({ rate, p50Ms: 1, p99Ms: 2, failed: 1, generatorLoad })
const openLoop = (p99Ms: number) => ({ p50Ms: 1, p99Ms, failed: 0, lateMs: 0.5 })

const figures: Figures = {
  closed: [{ name: 'files', goal: 0.3, bridge: [3000, 4000, 5000].map((rate) => closedLoop(rate)), bare: [9000, 10_000, 11_000].map((rate) => closedLoop(rate)) }],
  open: [{ name: '500/s', goal: 2.5, bridge: [10, 9, 40].map(openLoop), bare: [4, 3, 4].map(openLoop) }],
  onDisk: [...Array.from({ length: 99 }, (_, n) => n), null],
  startMs: [700, 500, 650],
  peakMb: [240, 260],
  tools: {
    requests: new Map([
      ['recall, large', { latencies: [30, 1, 2], failed: 1 }], ['forget, others', { latencies: [4], failed: 0 }], ['call start, large', { latencies: [90], failed: 0 }]
    ]),
    warmUp: [100, 50],
    bare: openLoop(3),
    processorMs: 1.25
  }
}

t.test('each goal is compared with what was measured', async (t) => {
  t.strictSame(goalsTable(figures).split('\n').slice(2), [
    '| closed loop, files | 30 % of bare Fastify | 40 % of bare Fastify | ✓ |',
    "| open loop, 500/s: p99 | 2.5 times bare Fastify's | 3.0 times bare Fastify's | ✗ |",
    '| on disk after the response, p99 at 1,000/s | 100 ms | 98 ms | ✓ |',
    '| not on disk after five seconds | 0 of 100 | 1 of 100 | ✗ |',
    '| start, a million callers | 600 ms | 650 ms | ✗ |',
    '| memory, 100,000 callers | 250 MB | 260 MB | ✗ |',
    '| tools, p99 | 20 ms | 30 ms | ✗ |'
  ])
  t.equal(goalsTable({ closed: [], open: [], onDisk: [], startMs: [], peakMb: [], tools: null }).split('\n').length, 2)
})

t.test('what is behind the ratios is the median of the rounds, and the sum of what failed', async (t) => {
  t.strictSame(roundsTable(figures).split('\n').slice(2), [
    '| closed loop, bare Fastify | 10000 | 1.0 | 2.0 | 2.0 2.0 2.0 | 3 |  |',
    '| closed loop, files | 4000 | 1.0 | 2.0 | 2.0 2.0 2.0 | 3 |  |',
    '| open loop, 500/s, bare Fastify |  | 1.0 | 4.0 | 4.0 3.0 4.0 | 0 | 0.5 |',
    '| open loop, 500/s |  | 1.0 | 10.0 | 10.0 9.0 40.0 | 0 | 0.5 |'
  ])
})

t.test('tools are told apart, their first seconds apart from the rest, and bare Fastify after them', async (t) => {
  t.strictSame(toolsTable(figures.tools!).split('\n').slice(2), [
    '| call start, large | 1 | 90.0 | 90.0 | 90.0 | 0 |',
    '| forget, others | 1 | 4.0 | 4.0 | 4.0 | 0 |',
    '| recall, large | 3 | 2.0 | 30.0 | 30.0 | 1 |',
    '| **all tools** | 4 | 2.0 | 30.0 | 30.0 |  |',
    '| all tools in the warm-up | 2 | 50.0 | 100.0 | 100.0 |  |',
    '| bare Fastify, afterwards |  | 1.0 | 3.0 |  | 0 |',
    '| processor time a request |  | 1.3 |  |  |  |'
  ])
})

t.test('a generator at its limit is told of', async (t) => {
  t.equal(caveat(figures), null)
  t.match(caveat({ ...figures, closed: [{ ...figures.closed[0]!, bare: [closedLoop(1, 0.95)] }] }), '95 % of a core')
})

t.test('a median is the middle one, or the mean of two; a percentile is one of the values', async (t) => {
  t.strictSame([median([3, 1, 2]), median([4, 1, 2, 3])], [2, 2.5])
  t.strictSame([percentile([5, 1, 4, 2, 3], 0.5), percentile([7], 0)], [3, 7])
  t.ok(Number.isNaN(median([])) && Number.isNaN(percentile([], 0.5)))
})
