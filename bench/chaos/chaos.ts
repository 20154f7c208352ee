/**
 * `npm run chaos`: kills, breaks and attacks the built bridge, then checks through the API and in the files that every
 * promise was kept. Exit code 1 if one was not.
 */
import { cp } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import pc from 'picocolors'
import { namesIn, wrongArguments } from '../arguments.ts'
import { withCleanup, type Cleanup } from '../cleanup.ts'
import { runScenario, SCENARIOS, type RunOptions } from './run.ts'

const USAGE = `npm run chaos -- [options]

  --kills N     number of kill -9 (40); 200 is the long form
  --stops N     number of SIGTERM under load (5)
  --seconds N   length of each attack by strangers (20)
  --clients N   clients that write at the same time (8)
  --only LIST   some of ${Object.keys(SCENARIOS).join(', ')} (all)
  --seed N      repeats the writes and delays of an earlier run, but not the timing of processes
  --keep PATH   copies data and logs of failed scenarios there
`

const MAX_FAULTS = 20

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    kills: { type: 'string', default: '40' },
    stops: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '20' },
    clients: { type: 'string', default: '8' },
    only: { type: 'string', default: Object.keys(SCENARIOS).join(',') },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    keep: { type: 'string' }
  }
})

if (values.help) process.stdout.write(USAGE)
else {
  const options = {
    kills: count('kills'),
    stops: count('stops'),
    seconds: count('seconds'),
    clients: count('clients'),
    seed: count('seed'),
    say
  }
  const names = namesIn(values.only, Object.keys(SCENARIOS))
  await withCleanup((cleanup) => chaos(names, options, cleanup))
}

async function chaos (names: string[], options: RunOptions, cleanup: Cleanup): Promise<void> {
  const folder = await cleanup.folder()
  console.log(`seed ${options.seed}`)
  for (const name of names) {
    const startedAt = performance.now()
    const outcome = await runScenario(name, folder, options, cleanup)
    if (cleanup.isOver()) return
    const took = pc.dim(`${((performance.now() - startedAt) / 1000).toFixed(0)} s`)
    const title = pc.bold(SCENARIOS[name]!.name)
    if ('skipped' in outcome) {
      console.log(`${pc.yellow('–')} ${title}: skipped: ${outcome.skipped}`)
      continue
    }
    const { figures, faults } = outcome
    console.log(`${faults.length === 0 ? pc.green('✓') : pc.red('✗')} ${title}: ${figures} ${took}`)
    for (const fault of faults.slice(0, MAX_FAULTS)) console.log(pc.red(`    ${fault}`))
    if (faults.length > MAX_FAULTS) console.log(pc.red(`    … and ${faults.length - MAX_FAULTS} more`))
    if (faults.length === 0) continue
    process.exitCode = 1
    if (values.keep !== undefined) await cp(`${folder}/${name}`, `${values.keep}/${name}`, { recursive: true })
  }
}

/** On standard error, because standard output has only the results. */
function say (text: string): void {
  process.stderr.write(`${pc.dim(`  ${text}`)}\n`)
}

function count (name: 'kills' | 'stops' | 'seconds' | 'clients' | 'seed'): number {
  const number = Number(values[name])
  if (!Number.isInteger(number) || number < 1) {
    wrongArguments(`--${name} has to be a whole number, 1 or more, not ${values[name]}`)
  }
  return number
}
