/** `simulate`: plays a call against the running bridge. */
import { readFile } from 'node:fs/promises'
import { CommandFailed } from '../errors.ts'
import { EXIT } from '../process.ts'
import { createBridgeClient } from '../simulate/bridge-client.ts'
import { createScreen } from '../simulate/screen.ts'
import { DEFAULT_SCRIPT, readScript, type Script } from '../simulate/script.ts'
import { FICTIONAL_NUMBER, LOOK_MS, simulateCall } from '../simulate/simulate.ts'
import { webhookSecrets } from '../webhook/guard.ts'
import { addressOf } from './running-bridge.ts'
import type { Shell } from './shell.ts'
import { withoutTrailingSlashes } from '../http-client.ts'

export interface SimulateOptions {
  from?: string
  withheld?: true
  to?: string
  agent?: string
  transcript?: string
  public?: true
  keep?: true
}

/** Beyond LEARN_TIMEOUT_MS, in milliseconds. */
const LEARNING_MS = 10_000

/** Needs the running bridge, and its ADMIN_API_KEY. Prints no secret. */
export async function simulateCommand (shell: Shell, options: SimulateOptions): Promise<number> {
  const { config, print, wait, signal } = shell
  const { ADMIN_API_KEY: adminKey, PORT } = config
  if (options.from !== undefined && options.withheld === true) {
    throw new CommandFailed('A call has a number or it is withheld: give --from or --withheld, not both')
  }
  if (adminKey === undefined) {
    throw new CommandFailed('Set ADMIN_API_KEY and restart the bridge: what was learnt is read, and erased, with it')
  }
  if (PORT === 0) throw new CommandFailed('Set PORT to the port that the bridge listens on')
  const script = options.transcript === undefined ? DEFAULT_SCRIPT : await scriptFrom(options.transcript)

  const local = addressOf(config)
  const url = options.public === true ? withoutTrailingSlashes(config.PUBLIC_BASE_URL) : local
  const { header: [headerSecret = null], signing: [signingSecret = null] } = webhookSecrets(config)
  print(`A call is played against the bridge at ${url}.`)
  const worked = await simulateCall({
    bridge: createBridgeClient({ url, adminUrl: local, adminKey, headerSecret, signingSecret }, signal),
    screen: createScreen(print),
    wait: async () => await wait(LOOK_MS, signal),
    looks: Math.ceil((config.LEARN_TIMEOUT_MS + LEARNING_MS) / LOOK_MS)
  }, {
    from: options.withheld === true ? null : options.from ?? FICTIONAL_NUMBER,
    to: options.to ?? null,
    agentId: options.agent ?? config.ELEVENLABS_AGENT_ID[0]!,
    script,
    keeps: options.keep === true
  })
  print('')
  print(worked ? 'All of it worked.' : 'Something did not work: see the lines with ✗.')
  return worked ? EXIT.done : EXIT.failed
}

/** @throws {CommandFailed} */
async function scriptFrom (path: string): Promise<Script> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new CommandFailed(`The transcript ${path} cannot be read`, { cause })
  })
  const script = readScript(text)
  if ('problem' in script) throw new CommandFailed(`The transcript ${path} cannot be used: ${script.problem}`)
  return script
}
