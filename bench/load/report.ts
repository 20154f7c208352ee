/** The figures as Markdown. */

export interface ClosedLoop {
  /** Responses with 200 per second. */
  rate: number
  p50Ms: number
  p99Ms: number
  /** Responses other than 200, neutral ones, and requests without a response. */
  failed: number
  /** Share of one core that the generator used, 0 to 1. */
  generatorLoad: number
}

export interface OpenLoop {
  p50Ms: number
  p99Ms: number
  failed: number
  /** How late requests left the generator (p99). The latencies include this, although it is not the target's fault. */
  lateMs: number
}

/** Rounds of the bridge and of bare Fastify, in turn. */
export interface Rounds<T> {
  name: string
  goal: number
  bridge: T[]
  bare: T[]
}

/** Milliseconds. Latencies count from when a request was due. */
export interface ToolFigures {
  /** By tool and caller, such as `recall, large`, and call starts; without those of the warm-up. */
  requests: ReadonlyMap<string, { latencies: number[], failed: number }>
  /** Of all tools. */
  warmUp: number[]
  /** Bare Fastify, at the same time and as often. */
  bare: OpenLoop
  /** Of the bridge, with all its threads, for each request. */
  processorMs: number
}

/** How the names of call starts begin. */
export const CALL_START = 'call start'

export interface Figures {
  closed: Array<Rounds<ClosedLoop>>
  open: Array<Rounds<OpenLoop>>
  /** Milliseconds from a response until its call start is on disk; null for one that is not after five seconds. */
  onDisk: Array<number | null>
  /** From the spawn of the process until it listens, with a million callers. */
  startMs: number[]
  /** Of the bridge with 100,000 callers in files. */
  peakMb: number[]
  /** Null when they were not measured. */
  tools: ToolFigures | null
}

export const ON_DISK_MS = 100
export const START_MS = 600
export const PEAK_MB = 250
export const TOOLS_P99_MS = 20

/** Above this load the generator is the bottleneck, not the target. */
const BUSY = 0.9

const times = (factor: number) => `${factor.toFixed(1)} times bare Fastify's`
const share = (part: number) => `${(part * 100).toFixed(0)} % of bare Fastify`

/** A row for each goal. */
export function goalsTable ({ closed, open, onDisk, startMs, peakMb, tools }: Figures): string {
  const seen = onDisk.filter((ms) => ms !== null)
  const rows = [
    ...closed.map(({ name, goal, bridge, bare }) => {
      const part = median(bridge.map(({ rate }) => rate)) / median(bare.map(({ rate }) => rate))
      return [`closed loop, ${name}`, share(goal), share(part), part >= goal]
    }),
    ...open.map(({ name, goal, bridge, bare }) => {
      const factor = median(bridge.map(({ p99Ms }, n) => p99Ms / bare[n]!.p99Ms))
      return [`open loop, ${name}: p99`, times(goal), times(factor), factor <= goal]
    }),
    ...onDisk.length === 0
      ? []
      : [
          atMost('on disk after the response, p99 at 1,000/s', ON_DISK_MS, 'ms', percentile(seen, 0.99)),
          atMost('not on disk after five seconds', 0, `of ${onDisk.length}`, onDisk.length - seen.length)
        ],
    ...startMs.length === 0 ? [] : [atMost('start, a million callers', START_MS, 'ms', median(startMs))],
    ...peakMb.length === 0 ? [] : [atMost('memory, 100,000 callers', PEAK_MB, 'MB', Math.max(...peakMb))],
    ...tools === null ? [] : [atMost('tools, p99', TOOLS_P99_MS, 'ms', percentile(ofTools(tools), 0.99))]
  ]
  return table(['', 'goal', 'measured', ''], rows.map((row) => row.map((cell) =>
    typeof cell === 'boolean' ? cell ? '✓' : '✗' : String(cell))))
}

function atMost (what: string, goal: number, unit: string, measured: number): Array<string | boolean> {
  return [what, `${goal} ${unit}`, `${measured.toFixed(0)} ${unit}`, measured <= goal]
}

/** The medians of all rounds behind the ratios, and the sum of what failed. */
export function roundsTable ({ closed, open }: Figures): string {
  const row = (name: string, rounds: Array<ClosedLoop | OpenLoop>) => {
    const middle = (pick: (round: ClosedLoop | OpenLoop) => number, digits = 1) =>
      median(rounds.map(pick)).toFixed(digits)
    return [
      name,
      'rate' in rounds[0]! ? middle((round) => 'rate' in round ? round.rate : NaN, 0) : '',
      middle(({ p50Ms }) => p50Ms),
      middle(({ p99Ms }) => p99Ms),
      rounds.map(({ p99Ms }) => p99Ms.toFixed(1)).join(' '),
      String(rounds.reduce((sum, { failed }) => sum + failed, 0)),
      'rate' in rounds[0]! ? '' : middle((round) => 'lateMs' in round ? round.lateMs : NaN)
    ]
  }
  return table(['', 'requests/s', 'p50 ms', 'p99 ms', 'p99 of each round', 'failed', 'left late, ms'], [
    ...closed.slice(0, 1).map(({ bare }) => row('closed loop, bare Fastify', bare)),
    ...closed.map(({ name, bridge }) => row(`closed loop, ${name}`, bridge)),
    ...open.flatMap(({ name, bridge, bare }) => [
      row(`open loop, ${name}, bare Fastify`, bare), row(`open loop, ${name}`, bridge)
    ])
  ])
}

export function toolsTable (tools: ToolFigures): string {
  const ms = (value: number) => value.toFixed(1)
  const row = (name: string, all: number[], failed: number | string) =>
    [name, String(all.length), ...[0.5, 0.99, 1].map((share) => ms(percentile(all, share))), String(failed)]
  const { bare, requests, warmUp, processorMs } = tools
  return table(['request', 'sent', 'p50 ms', 'p99 ms', 'max ms', 'failed'], [
    ...[...requests].sort().map(([name, { latencies, failed }]) => row(name, latencies, failed)),
    row('**all tools**', ofTools(tools), ''),
    row('all tools in the warm-up', warmUp, ''),
    ['bare Fastify, afterwards', '', ms(bare.p50Ms), ms(bare.p99Ms), '', String(bare.failed)],
    ['processor time a request', '', ms(processorMs), '', '', '']
  ])
}

function ofTools ({ requests }: ToolFigures): number[] {
  return [...requests].flatMap(([name, { latencies }]) => name.startsWith(CALL_START) ? [] : latencies)
}

/** Null when the generator was not the limit. */
export function caveat ({ closed }: Figures): string | null {
  const load = Math.max(0, ...closed.map(({ bare }) => median(bare.map(({ generatorLoad }) => generatorLoad))))
  if (load <= BUSY) return null
  return `The load generator used ${(load * 100).toFixed(0)} % of a core against bare Fastify: that rate is the ` +
    'generator\'s limit, and the shares of it are too high.'
}

/** NaN if there are no values. */
export function median (values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  return Number.isInteger(middle) ? (sorted[middle - 1]! + sorted[middle]!) / 2 : sorted[Math.floor(middle)]!
}

/** The smallest value that is at or above `share` (0 to 1) of all values; NaN if there are none. */
export function percentile (values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN
}

export function table (header: string[], rows: Array<Array<string | number>>): string {
  const line = (cells: Array<string | number>) => `| ${cells.join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')
}
