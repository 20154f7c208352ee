/**
 * `npm run bench`: how many call starts the built bridge handles, compared with bare servers on the same machine at the
 * same time, and how it does at a fixed rate. bench/README.md explains the tables on standard output.
 */
import { execFile } from 'node:child_process'
import { cpus, loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { EnvSchema } from '../../schemas/env.ts'
import type { PostgresServer } from '../../test/postgres.ts'
import { ADMIN_KEY } from '../bridge.ts'
import { withCleanup, type Cleanup } from '../cleanup.ts'
import { hashOf } from '../people.ts'
import { createRandom, type Random } from '../random.ts'
import { closedLoop } from './closed-loop.ts'
import { generateDatabase, startDatabaseServer } from './databases.ts'
import { watchDisk } from './disk-watch.ts'
import { openLoop } from './open-loop.ts'
import { parseOptions, USAGE, type Driver, type LoadOptions } from './options.ts'
import { memoryOf, untilIdle } from '../process-usage.ts'
import { say } from './progress.ts'
import {
  BARE_FASTIFY, caveats, closedLoopTable, goalsTable, openLoopTable, type OpenLoopRun, type TargetFigures
} from './report.ts'
import { generateStore, isInMemory, whyNoRoom } from './stores.ts'
import { responseOf, startBareTarget, startBridgeTarget, type Target } from './targets.ts'

/** Long enough for V8 to compile a target's code: figures rise during the first 20,000 requests. */
const WARM_UP_SECONDS = 10

/** Long enough for a bridge to notice replaced files, which takes it up to a second. */
const SEEN_MS = 1200

const options = parseOptions(process.argv.slice(2))
if (options === null) process.stdout.write(USAGE)
else await withCleanup((cleanup) => bench(options, cleanup))

async function bench (options: LoadOptions, cleanup: Cleanup): Promise<void> {
  const random = createRandom(options.seed)
  const leftOut: string[] = []
  const bridges = await startBridges(options, leftOut, cleanup)
  if (bridges[0] === undefined) throw new Error(`nothing to measure: ${leftOut.join('; ')}`)

  const response = await responseOf(bridges[0].url, bridges[0].callers)
  const bare = [
    await startBareTarget('bare node:http', 'bare-http.js', response, bridges[0].callers, cleanup),
    await startBareTarget(BARE_FASTIFY, 'bare-fastify.js', response, bridges[0].callers, cleanup)
  ]
  const figures = options.closedLoop ? await closedLoops([...bare, ...bridges], options, random, cleanup) : []
  const runs = options.openLoop ? await openLoops([bare[1]!, ...bridges], options, random, cleanup) : []

  const machine = `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ` +
    `${cpus().length} × ${cpus()[0]?.model.trim()}, load average now ${loadavg()[0]!.toFixed(1)}`
  const size = response.length.toLocaleString('en')
  print(`Call starts of returning callers. ${machine}. Response of ${size} bytes.`)
  if (figures.length > 0) {
    const { connections, rounds, seconds } = options
    print(`Closed loop, ${connections} connections, medians of ${rounds} rounds of ${seconds} s in turn:`)
    print(closedLoopTable(figures))
  }
  if (runs.length > 0) {
    print(`Open loop, ${options.rate.toLocaleString('en')} call starts a second for ${options.openLoopSeconds} s:`)
    print(openLoopTable(runs))
  }
  const goals = goalsTable(figures, runs)
  if (goals !== null) print(goals)
  for (const caveat of caveats(figures)) print(caveat)
  for (const line of leftOut) print(`Left out: ${line}.`)
}

async function startBridges (
  { drivers, callers, folder }: LoadOptions, leftOut: string[], cleanup: Cleanup
): Promise<Target[]> {
  if (await isInMemory(folder)) say(`${folder} is in memory; a disk would be slower (--folder)`)
  const targets: Target[] = []
  let database: Promise<PostgresServer> | null = null
  for (const driver of drivers) {
    const reason = whyNotBuilt(driver)
    if (reason !== null) leftOut.push(`${driver}: ${reason}`)
    else {
      for (const count of callers) {
        const isSealed = driver === 'sealed files'
        const noRoom = await whyNoRoom(folder, count, isSealed)
        if (noRoom !== null) {
          leftOut.push(`${driver}, ${count.toLocaleString('en')} callers: ${noRoom}`)
          continue
        }
        say(`writing ${count.toLocaleString('en')} callers, ${driver}`)
        const store = driver === 'postgresql'
          ? await generateDatabase(await (database ??= startDatabaseServer(cleanup)), count, cleanup)
          : await generateStore(folder, count, isSealed, cleanup)
        targets.push(await startBridgeTarget(driver, store, cleanup))
      }
    }
  }
  return targets
}

function whyNotBuilt (driver: Driver): string | null {
  if (driver === 'files') return null
  const setting = driver === 'sealed files' ? 'DATA_ENCRYPTION_KEY' : 'DATABASE_URL'
  return Object.hasOwn(EnvSchema.properties, setting) ? null : `this version has no setting ${setting}`
}

/** Targets take turns in short rounds, so that a disturbance of the machine affects all of them. */
async function closedLoops (
  targets: Target[], { rounds, seconds, connections }: LoadOptions, random: Random, cleanup: Cleanup
): Promise<TargetFigures[]> {
  const memory = { rssMb: NaN, peakMb: NaN }
  const all = targets.map((target): TargetFigures => ({ target, rounds: [], drains: [], memory }))
  for (const { target: { url, pid, callers } } of all) {
    await closedLoop({ url, callers, connections, seconds: WARM_UP_SECONDS, random })
    await untilIdle(pid)
  }
  for (let round = 1; round <= rounds; round++) {
    for (const figures of all) {
      if (cleanup.isOver()) throw new Error('stopped')
      const { target } = figures
      const { name, url, pid, callers, bridge } = target
      await restore(target)
      const result = await closedLoop({ url, callers, connections, seconds, random })
      figures.rounds.push(result)
      figures.memory = await memoryOf(pid)
      figures.drains.push(await untilIdle(pid))
      const rate = Math.round(result.rate).toLocaleString('en')
      say(`round ${round} of ${rounds}: ${rate} requests/s, ${name}${sizeOf(bridge)}`)
    }
  }
  return all
}

async function openLoops (
  targets: Target[], { rate, openLoopSeconds, closedLoop: isWarm }: LoadOptions, random: Random, cleanup: Cleanup
): Promise<OpenLoopRun[]> {
  const runs: OpenLoopRun[] = []
  for (const target of targets) {
    if (cleanup.isOver()) throw new Error('stopped')
    const { name, url, pid, callers, bridge } = target
    if (!isWarm) await openLoop({ url, callers, rate, seconds: WARM_UP_SECONDS, random })
    await restore(target)
    say(`open loop, ${name}${sizeOf(bridge)}`)
    const watch = bridge?.driver === 'files' ? await watchDisk(bridge.store.dataDir, cleanup) : null
    const watching = watch === null ? {} : { onResponse: watch.onResponse }
    const loop = await openLoop({ url, callers, rate, seconds: openLoopSeconds, random, ...watching })
    runs.push({ target, loop, disk: await watch?.figures() ?? null })
    await untilIdle(pid)
  }
  return runs
}

async function restore ({ url, callers, bridge }: Target): Promise<void> {
  await bridge?.store.restore(async () => {
    // Otherwise the bridge's first flush would also flush what was just written here.
    await promisify(execFile)('sync')
    await sleep(SEEN_MS)
    for (let n = 0; n < callers; n++) {
      const headers = { authorization: `Bearer ${ADMIN_KEY}` }
      const response = await fetch(`${url}/api/memory/${hashOf(n)}`, { headers })
      await response.arrayBuffer()
    }
  })
}

function sizeOf (bridge: Target['bridge']): string {
  return bridge === null ? '' : `, ${bridge.store.callers.toLocaleString('en')} callers`
}

function print (text: string): void {
  process.stdout.write(`${text}\n\n`)
}
