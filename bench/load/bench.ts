/**
 * `npm run bench`: how many call starts the built bridge handles and how fast, compared with bare Fastify on the same
 * machine at the same time, and how fast the tools are. bench/README.md explains the tables on standard output.
 */
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { namesIn } from '../arguments.ts'
import { ADMIN_KEY, spawnBridge } from '../bridge.ts'
import { withCleanup, type Cleanup } from '../cleanup.ts'
import { hashOf } from '../people.ts'
import { memoryOf, untilIdle } from '../process-usage.ts'
import { createRandom } from '../random.ts'
import { measureTools, TOOL_LOAD } from '../tools/measure.ts'
import { startBare } from './bare.ts'
import { closedLoop, openLoop } from './load.ts'
import { caveat, goalsTable, roundsTable, toolsTable, type ClosedLoop, type Figures, type OpenLoop } from './report.ts'
import { generateDatabase, generateFiles, generateNames, type GeneratedStore } from './stores.ts'

const PARTS = ['closed', 'open', 'start', 'tools']

const USAGE = `npm run bench -- [options]

  --short        three rounds in place of five
  --only LIST    some of ${PARTS.join(', ')} (all)
  --folder PATH  folder for the generated stores, which are deleted at the end (the system's temp folder)
`

/** Long enough for V8 to compile a target's code: figures rise during the first 20,000 requests. */
const WARM_UP_SECONDS = 6
const CLOSED_SECONDS = 4
const OPEN_SECONDS = 5

/** Long enough for a bridge to notice replaced files, which takes it up to a second. */
const SEEN_MS = 1200

const STARTS = 5

/** One call in so many is watched, so that the watcher takes little time from the bridge. */
const WATCHED_ONE_IN = 50

interface Target {
  name: string
  url: string
  pid: number
  /** Null for bare Fastify. */
  store: GeneratedStore | null
}

const random = createRandom(1)
const startedAt = performance.now()
const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    short: { type: 'boolean', default: false },
    only: { type: 'string', default: PARTS.join(',') },
    folder: { type: 'string', default: tmpdir() }
  }
})
const parts = namesIn(values.only, PARTS)
if (values.help) process.stdout.write(USAGE)
else await withCleanup(bench)

async function bench (cleanup: Cleanup): Promise<void> {
  const rounds = values.short ? 3 : 5
  const figures: Figures = { closed: [], open: [], onDisk: [], startMs: [], peakMb: [], tools: null }
  const load = loadavg()[0]!
  if (parts.includes('tools')) figures.tools = await measureTools(values.folder, TOOL_LOAD, cleanup, say)
  if (parts.includes('closed') || parts.includes('open')) {
    say('writing callers')
    const small = await startBridge('files, 1,000 callers', await generateFiles(values.folder, 1000, cleanup), cleanup)
    const many = await generateFiles(values.folder, 100_000, cleanup)
    const large = await startBridge('files, 100,000 callers', many, cleanup)
    const options = { url: small.url, callers: small.store!.callers, seconds: 0, random }
    const bare = { name: 'bare Fastify', store: null, ...await startBare(options, cleanup) }
    if (parts.includes('open')) {
      await measureOpen(figures, { bare, small, large }, rounds, cleanup)
      figures.peakMb.push((await memoryOf(large.pid)).peakMb)
    }
    if (parts.includes('closed')) {
      const database = await startBridge('PostgreSQL, 1,000 callers', await generateDatabase(1000, cleanup), cleanup)
      await measureClosed(figures, bare, [[small, 0.3], [large, 0.2], [database, 0.1]], rounds)
      figures.peakMb.push((await memoryOf(large.pid)).peakMb)
    }
  }
  // Last: a disk is busy with the deletion of a million names for a while.
  if (parts.includes('start')) figures.startMs = await starts(cleanup)
  print(`${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ` +
    `${cpus()[0]?.model.trim()}, load average before ${load.toFixed(1)}, ${rounds} rounds`)
  print(goalsTable(figures))
  if (figures.closed.length + figures.open.length > 0) print(roundsTable(figures))
  if (figures.tools !== null) print(toolsTable(figures.tools))
  const warning = caveat(figures)
  if (warning !== null) print(warning)
}

async function starts (cleanup: Cleanup): Promise<number[]> {
  say('writing a million callers')
  const dataDir = await generateNames(values.folder, 1_000_000, cleanup)
  const logFile = join(await cleanup.folder(), 'bridge.log')
  const startMs: number[] = []
  while (startMs.length < STARTS) {
    const bridge = spawnBridge({ dataDir, logFile }, cleanup)
    await bridge.listening
    startMs.push(bridge.startMs())
    await untilIdle(bridge.pid)
    bridge.signal('SIGTERM')
    await bridge.exited
  }
  await rm(dataDir, { recursive: true })
  say(`starts with a million callers: ${startMs.map((ms) => ms.toFixed(0)).join(', ')} ms`)
  return startMs
}

/** The targets take turns, so that a disturbance of the machine affects both. */
async function measureOpen (
  figures: Figures, { bare, small, large }: Record<'bare' | 'small' | 'large', Target>, rounds: number, cleanup: Cleanup
): Promise<void> {
  const runs = [
    { rate: 500, goal: 2.5, target: small }, { rate: 1000, goal: 2.5, target: small },
    { rate: 100, goal: 2, target: large }
  ].map((run) => ({ ...run, bridge: [] as OpenLoop[], bare: [] as OpenLoop[] }))
  for (const target of [bare, small, large]) await warmUp(target)
  const watch = watchJournal(small.store!.dataDir, cleanup)
  for (let round = 1; round <= rounds; round++) {
    await restore(small)
    for (const run of runs) {
      const { rate, target } = run
      const options = { callers: target.store!.callers, seconds: OPEN_SECONDS, random }
      run.bare.push(await openLoop({ ...options, url: bare.url }, rate, () => {}))
      const onResponse = rate === 1000 ? watch.onResponse : () => {}
      run.bridge.push(await openLoop({ ...options, url: target.url }, rate, onResponse))
      await untilIdle(target.pid)
      say(`open loop, round ${round} of ${rounds}: ${rate}/s, p99 ${run.bridge.at(-1)!.p99Ms.toFixed(1)} ms, ` +
        `bare Fastify ${run.bare.at(-1)!.p99Ms.toFixed(1)} ms`)
    }
  }
  figures.onDisk = await watch.delays()
  figures.open = runs.map(({ rate, target, ...run }) => ({ ...run, name: `${rate}/s, ${target.name}` }))
}

async function measureClosed (
  figures: Figures, bare: Target, goals: Array<[Target, number]>, rounds: number
): Promise<void> {
  const all = [bare, ...goals.map(([target]) => target)].map((target) => ({ target, rounds: [] as ClosedLoop[] }))
  for (const { target } of all) await warmUp(target)
  for (let round = 1; round <= rounds; round++) {
    for (const { target, rounds: done } of all) {
      await restore(target)
      done.push(await closedLoop({ url: target.url, callers: callersOf(target), seconds: CLOSED_SECONDS, random }))
      await untilIdle(target.pid)
      say(`closed loop, round ${round} of ${rounds}: ${done.at(-1)!.rate.toFixed(0)} requests/s, ${target.name}`)
    }
  }
  const [{ rounds: ofBare }, ...bridges] = all as [typeof all[0], ...typeof all]
  figures.closed = bridges.map(({ target: { name }, rounds: bridge }, n) =>
    ({ name, goal: goals[n]![1], bridge, bare: ofBare }))
}

async function startBridge (name: string, store: GeneratedStore, cleanup: Cleanup): Promise<Target> {
  const { dataDir, env } = store
  const logFile = join(await cleanup.folder(), 'bridge.log')
  const bridge = spawnBridge({ dataDir, logFile, env }, cleanup)
  return { name, url: await bridge.ready(), pid: bridge.pid, store }
}

async function warmUp (target: Target): Promise<void> {
  await closedLoop({ url: target.url, callers: callersOf(target), seconds: WARM_UP_SECONDS, random })
  await untilIdle(target.pid)
}

/** A thousand callers ring so often that their records would grow: they are written anew, and looked at. */
async function restore ({ url, store }: Target): Promise<void> {
  if (store === null || store.callers > 1000) return
  for (const write of [store.empty, store.fill]) {
    await write()
    await sleep(SEEN_MS)
    for (let n = 0; n < store.callers; n++) {
      const headers = { authorization: `Bearer ${ADMIN_KEY}` }
      await (await fetch(`${url}/api/memory/${hashOf(n)}`, { headers })).arrayBuffer()
    }
  }
}

function watchJournal (dataDir: string, cleanup: Cleanup) {
  const worker = new Worker(join(import.meta.dirname, 'disk-watcher.js'), { workerData: dataDir })
  cleanup.defer(() => worker.terminate())
  let responses = 0
  return {
    onResponse (conversationId: string): void {
      if (responses++ % WATCHED_ONE_IN === 0) worker.postMessage({ conversationId, respondedAt: Date.now() })
    },
    async delays (): Promise<Array<number | null>> {
      worker.postMessage('end')
      const [delays] = await once(worker, 'message') as [Array<number | null>]
      return delays
    }
  }
}

function callersOf ({ store }: Target): number {
  return store?.callers ?? 1000
}

function print (text: string): void {
  process.stdout.write(`${text}\n\n`)
}

/** On standard error, because standard output has only the tables. */
function say (text: string): void {
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  process.stderr.write(`[${String(seconds).padStart(4)} s] ${text}\n`)
}
