/** What `npm run bench` can be asked for. */
import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'

export const DRIVERS = ['files', 'sealed files', 'postgresql'] as const
export type Driver = typeof DRIVERS[number]

export interface LoadOptions {
  drivers: Driver[]
  /** Numbers of stored callers, ascending. */
  callers: number[]
  rounds: number
  /** Of one round of one target. */
  seconds: number
  connections: number
  /** Call starts a second of the open loop. */
  rate: number
  openLoopSeconds: number
  closedLoop: boolean
  openLoop: boolean
  /** Where the generated stores go. */
  folder: string
  seed: number
}

export const USAGE = `npm run bench -- [options]

  --full                a million callers, too (takes about half an hour and 30 GB)
  --callers LIST        numbers of stored callers (1000,100000)
  --drivers LIST        out of files, sealed, postgresql (all that this version has)
  --rounds N            rounds of each target, in turn (3)
  --seconds N           length of a round (8)
  --connections N       connections of the closed loop (20)
  --rate N              call starts a second of the open loop (1000)
  --open-loop-seconds N length of the open loop (20)
  --open-loop-only      leave the closed loop out
  --closed-loop-only    leave the open loop out
  --folder PATH         where the generated stores go for the time (the system's temp folder)
  --seed N              repeats the order of callers
`

const MILLION = 1_000_000

/**
 * Null when help is wanted.
 *
 * @throws {TypeError} an option that there is not, or a value that cannot be
 */
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
  if (!Number.isInteger(number) || number < 1) throw new TypeError(`--${name} is a whole number from 1 up, not ${value}`)
  return number
}

function driver (name: string): Driver {
  const found = DRIVERS.find((each) => each.split(' ')[0] === name)
  if (found === undefined) throw new TypeError(`--drivers takes files, sealed and postgresql, not ${name}`)
  return found
}
