/** The figures as Markdown, compared with the project's goals. */
import type { ClosedLoopFigures } from './closed-loop.ts'
import type { DiskFigures } from './disk-watch.ts'
import { median } from './figures.ts'
import type { OpenLoopFigures } from './open-loop.ts'
import type { Memory } from '../process-usage.ts'
import type { Target } from './targets.ts'

export interface TargetFigures {
  target: Target
  rounds: ClosedLoopFigures[]
  /** Seconds after each round until everything was on disk. */
  drains: number[]
  memory: Memory
}

export interface OpenLoopRun {
  target: Target
  loop: OpenLoopFigures
  disk: DiskFigures | null
}

interface Goal {
  goal: string
  measured: string
  isReached: boolean
}

export const BARE_FASTIFY = 'bare Fastify'

/** Above this load the generator is the bottleneck, not the target. */
const BUSY = 0.9

export function closedLoopTable (all: TargetFigures[]): string {
  const header = [
    'target', 'callers', 'requests/s', 'of bare Fastify', 'p50 ms', 'p99 ms', 'not 200', 'neutral', 'RSS MB', 'peak MB',
    'start ms', 'drained after s'
  ]
  return table(header, all.map((figures) => {
    const { target: { name, bridge }, rounds, drains, memory } = figures
    const ofAll = (pick: (round: ClosedLoopFigures) => number) => median(rounds.map(pick))
    const sumOf = (pick: (round: ClosedLoopFigures) => number) => rounds.map(pick).reduce((sum, each) => sum + each, 0)
    return [
      name,
      bridge === null ? '' : bridge.store.callers.toLocaleString('en'),
      Math.round(rateOf(figures)).toLocaleString('en'),
      percent(rateOf(figures) / rateOf(bareFastify(all))),
      ofAll((round) => round.p50Ms).toFixed(0),
      ofAll((round) => round.p99Ms).toFixed(0),
      String(sumOf((round) => round.errors)),
      String(sumOf((round) => round.neutral)),
      memory.rssMb.toFixed(0),
      memory.peakMb.toFixed(0),
      bridge === null ? '' : bridge.startMs.toFixed(0),
      bridge === null ? '' : median(drains).toFixed(1)
    ]
  }))
}

export function openLoopTable (runs: OpenLoopRun[]): string {
  const header = [
    'target', 'callers', 'sent', 'p50 ms', 'p99 ms', 'max ms', 'errors', 'neutral', 'left late, p99 ms',
    'on disk after, p50 ms', 'p99 ms', 'max ms', 'missing'
  ]
  return table(header, runs.map(({ target: { name, bridge }, loop, disk }) => [
    name,
    bridge === null ? '' : bridge.store.callers.toLocaleString('en'),
    loop.sent.toLocaleString('en'),
    loop.p50Ms.toFixed(1),
    loop.p99Ms.toFixed(1),
    loop.maxMs.toFixed(1),
    String(loop.errors),
    String(loop.neutral),
    loop.generatorP99Ms.toFixed(1),
    ...(disk === null
      ? ['', '', '', '']
      : [disk.p50Ms.toFixed(0), disk.p99Ms.toFixed(0), disk.maxMs.toFixed(0), `${disk.missing} of ${disk.calls}`])
  ]))
}

export function caveats (all: TargetFigures[]): string[] {
  return all
    .map(({ target, rounds }) => ({ target, load: median(rounds.map((round) => round.generatorLoad)) }))
    .filter(({ load }) => load > BUSY)
    .map(({ target, load }) =>
      `The load generator used ${percent(load)} of a core against ${target.name}: that rate is the generator's ` +
      'limit, and a ratio to it is too high.')
}

/** Null if nothing was measured that has a goal. */
export function goalsTable (all: TargetFigures[], runs: OpenLoopRun[]): string | null {
  const goals = [...closedLoopGoals(all), ...runs.flatMap(openLoopGoals)]
  if (goals.length === 0) return null
  const rows = goals.map(({ goal, measured, isReached }) => [goal, measured, isReached ? '✓' : '✗'])
  return table(['goal', 'measured', ''], rows)
}

function closedLoopGoals (all: TargetFigures[]): Goal[] {
  const ofSize = (callers: number) => all.find(({ target: { bridge } }) =>
    bridge?.driver === 'files' && bridge.store.callers === callers)
  const [small, middle, large] = [ofSize(1000), ofSize(100_000), ofSize(1_000_000)]
  const goals: Goal[] = []
  if (small !== undefined) {
    const share = rateOf(small) / rateOf(bareFastify(all))
    goals.push({
      goal: '35 % of bare Fastify at a thousand callers',
      measured: percent(share),
      isReached: share >= 0.35
    })
  }
  if (middle !== undefined && large !== undefined) {
    const share = rateOf(large) / rateOf(middle)
    goals.push({
      goal: '70 % of the rate at 100 thousand callers, at a million',
      measured: percent(share),
      isReached: share >= 0.7
    })
  }
  const largest = large ?? middle ?? small
  if (largest?.target.bridge != null) {
    const { startMs, store } = largest.target.bridge
    const at = store.callers.toLocaleString('en')
    goals.push({
      goal: `start-up below 1 s (at ${at} callers)`,
      measured: `${startMs.toFixed(0)} ms`,
      isReached: startMs < 1000
    })
    goals.push({
      goal: `RSS below 250 MB (at ${at} callers)`,
      measured: `${largest.memory.peakMb.toFixed(0)} MB at most`,
      isReached: largest.memory.peakMb < 250
    })
  }
  return goals
}

function openLoopGoals ({ target: { bridge }, loop, disk }: OpenLoopRun): Goal[] {
  if (bridge?.driver !== 'files') return []
  const at = `open loop, ${bridge.store.callers.toLocaleString('en')} callers`
  return [
    { goal: `${at}: p99 below 10 ms`, measured: `${loop.p99Ms.toFixed(1)} ms`, isReached: loop.p99Ms < 10 },
    {
      goal: `${at}: no error, no neutral response`,
      measured: `${loop.errors} and ${loop.neutral}`,
      isReached: loop.errors + loop.neutral === 0
    },
    ...(disk === null
      ? []
      : [{
          goal: `${at}: on disk within 100 ms (p99)`,
          measured: `${disk.p99Ms.toFixed(0)} ms`,
          isReached: disk.p99Ms <= 100 && disk.missing === 0
        }])
  ]
}

function rateOf ({ rounds }: TargetFigures): number {
  return median(rounds.map(({ rate }) => rate))
}

function bareFastify (all: TargetFigures[]): TargetFigures {
  return all.find(({ target }) => target.name === BARE_FASTIFY)!
}

function percent (share: number): string {
  return `${(share * 100).toFixed(0)} %`
}

function table (header: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')
}
