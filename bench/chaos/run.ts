import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createCleanup, type Cleanup } from '../cleanup.ts'
import { createRandom } from '../random.ts'
import { fullDisk, readOnlyDisk } from './disks.ts'
import type { Outcome, Scenario } from './scenario.ts'
import { brokenDisk } from './scenarios/broken-disk.ts'
import { damage } from './scenarios/damage.ts'
import { journal } from './scenarios/journal.ts'
import { kills } from './scenarios/kills.ts'
import { stops } from './scenarios/stops.ts'
import { crowds, largeBodies, pipelines } from './scenarios/strangers.ts'

export interface RunOptions {
  seed: number
  kills: number
  stops: number
  clients: number
  seconds: number
  say: (text: string) => void
}

export const SCENARIOS: Record<string, Scenario> = {
  kill: kills,
  damage,
  stop: stops,
  journal,
  full: brokenDisk('disk full', fullDisk),
  'read-only': brokenDisk('DATA_DIR read-only', readOnlyDisk),
  pipelines,
  crowds,
  bodies: largeBodies
}

/**
 * Runs one scenario in its own folder below `folder`, and cleans up after it. An error that it throws becomes a fault.
 *
 * @param outer - cleans up, too, on Ctrl+C
 */
export async function runScenario (
  name: string, folder: string, options: RunOptions, outer: Cleanup
): Promise<Outcome> {
  const scenario = SCENARIOS[name]
  if (scenario === undefined) throw new TypeError(`there is no scenario ${name}`)
  const own = join(folder, name)
  await mkdir(own)
  const cleanup = createCleanup()
  outer.defer(() => cleanup.run())
  try {
    const outcome = await scenario.run({ ...options, folder: own, random: createRandom(options.seed), cleanup })
    return 'skipped' in outcome ? outcome : { ...outcome, faults: [...new Set(outcome.faults)] }
  } catch (error) {
    const fault = error instanceof Error ? error.stack ?? error.message : String(error)
    return { figures: 'did not finish', faults: [fault] }
  } finally {
    await cleanup.run()
  }
}
