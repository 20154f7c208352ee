import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'

export const DRIVERS = ['files', 'sealed files', 'postgresql'] as const
export type Driver = typeof DRIVERS[number]

export interface LoadOptions {
  drivers: Driver[]
  callers: number[]
  rounds: number
  seconds: number
  connections: number
  rate: number
  openLoopSeconds: number
  closedLoop: boolean
  openLoop: boolean
  folder: string
  seed: number
}

export const USAGE = `npm run bench -- [options]

  --full                also with a million callers (takes about half an hour and 30 GB)
  --callers LIST        numbers of stored callers (1000,100000)
  --drivers LIST        some of files, sealed, postgresql (all that this version has)
  --rounds N            rounds per target (3)
  --seconds N           length of a round (8)
  --connections N       connections of the closed loop (20)
  --rate N              call starts per second in the open loop (1000)
  --open-loop-seconds N length of the open loop (20)
  --open-loop-only      skips the closed loop
  --closed-loop-only    skips the open loop
  --folder PATH         folder for the generated stores, which are deleted at the end (the system's temp folder)
  --seed N              repeats the order of callers of an earlier run
`

const MILLION = 1_000_000

/** Returns null for `--help`. Throws TypeError for an unknown option or an invalid value. */
export function parseOptions (args: string[]): LoadOptions | null {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      full: { type: 'boolean', default: false },
      callers: { type: 'string', default: '1000,100000' },
      drivers: { type: 'string', default: 'files,sealed,postgresql' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '8' },
      connections: { type: 'string', default: '20' },
      rate: { type: 'string', default: '1000' },
      'open-loop-seconds': { type: 'string', default: '20' },
      'open-loop-only': { type: 'boolean', default: false },
      'closed-loop-only': { type: 'boolean', default: false },
      folder: { type: 'string', default: tmpdir() },
      seed: { type: 'string', default: '1' }
    }
  })
  if (values.help) return null
  const callers = values.callers.split(',').map((value) => count('callers', value))
  if (values.full) callers.push(MILLION)
  return {
    drivers: values.drivers.split(',').map(driver),
    callers: [...new Set(callers)].sort((a, b) => a - b),
    rounds: count('rounds', values.rounds),
    seconds: count('seconds', values.seconds),
    connections: count('connections', values.connections),
    rate: count('rate', values.rate),
    openLoopSeconds: count('open-loop-seconds', values['open-loop-seconds']),
    closedLoop: !values['open-loop-only'],
    openLoop: !values['closed-loop-only'],
    folder: values.folder,
    seed: count('seed', values.seed)
  }
}

function count (name: string, value: string): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 1) {
    throw new TypeError(`--${name} has to be a whole number, 1 or more, not ${value}`)
  }
  return number
}

function driver (name: string): Driver {
  const found = DRIVERS.find((each) => each.split(' ')[0] === name)
  if (found === undefined) {
    throw new TypeError(`--drivers has to be some of files, sealed and postgresql, not ${name}`)
  }
  return found
}
