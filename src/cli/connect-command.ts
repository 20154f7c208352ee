/** `connect`: sets ElevenLabs up for this bridge. Can be run again at any time; it changes only what differs. */
import { Connecting, leftOver } from '../connect/connect.ts'
import type { Plan, PlanLine } from '../connect/plan.ts'
import { checkPublic, type PublicState } from '../connect/public-check.ts'
import type { Wanted } from '../connect/wants.ts'
import { createElevenLabs } from '../elevenlabs/management.ts'
import { CommandFailed, SettingsInvalid } from '../errors.ts'
import { EXIT } from '../process.ts'
import { isLoopback, isSamplePublicUrl } from '../settings.ts'
import { withConnection, type KeptConnection } from './kept-connection.ts'
import { readSoul } from './parts.ts'
import { settingsIn, writeSettings } from './settings-file.ts'
import { count, type Shell } from './shell.ts'
import { confirmChange } from './questions.ts'
import { foreignResponse, overridesOf } from '../prompt/call-start-response.ts'
import { withoutTrailingSlashes } from '../http-client.ts'

export interface ConnectOptions {
  settingsFile: string
  dryRun?: boolean
  yes?: boolean
  workspace?: boolean
  skipPublicCheck?: boolean
  newSecret?: boolean
  /** False with --no-data-collection. */
  dataCollection: boolean
  /** The address of the OpenClaw endpoint as ElevenLabs reaches it. */
  customLlm?: string
  customLlmModel: string
  phoneNumber?: string
  sms?: boolean
}

/** Between looks at whether the bridge was restarted, and how often. */
const LOOK_MS = 3000
const MAX_LOOKS = 200

export async function connectCommand (shell: Shell, options: ConnectOptions): Promise<number> {
  // What the bridge sends at call start, with neutral values, in this order.
  const { dynamic_variables: variables } = foreignResponse(await readSoul(shell.config), 'none', 'none')
  const wanted = wantedFrom(options, variables, shell)
  return await withConnection(shell, (connection) => connect(options, wanted, shell, connection))
}

async function connect (
  options: ConnectOptions, wanted: Wanted, shell: Shell, connection: KeptConnection
): Promise<number> {
  const { config, print, say, questions, signal } = shell
  const done: string[] = []
  const connecting = new Connecting({
    api: createElevenLabs(shell, signal),
    wanted,
    kept: connection,
    writeSecret,
    // Once it has taken two seconds.
    watch: (work) => shell.withProgress('Asking ElevenLabs', async (show) => {
      show(0, 'waiting')
      return await work()
    }),
    onDone (what) {
      done.push(what)
      say(`Done: ${what}.`)
    },
    signal
  })

  const plan = await connecting.plan()
  for (const warning of plan.warnings) say(`Note: ${warning}.`)
  if (plan.lines.length === 0) {
    say('Nothing to do: ElevenLabs is set up for this bridge.')
    return EXIT.done
  }
  printLines(plan.lines)
  if (options.dryRun === true) return EXIT.incomplete
  if (plan.newWebhook !== null) await refuseOtherEnvironment()
  const changes = `the ${count(plan.lines.length, 'change')}`
  const message = `Make ${changes} at ElevenLabs?`
  if (options.yes !== true) await confirmChange(questions, { message, initial: true, what: `make ${changes}` })

  try {
    return await apply(plan)
  } finally {
    if (signal.aborted) {
      say(`Interrupted after ${count(done.length, 'step')}. Nothing is half done: run this again to go on.`)
    }
  }

  async function apply (first: Plan): Promise<number> {
    await connecting.prepare(first)
    if (options.skipPublicCheck !== true && !await isPublic()) return EXIT.waiting

    await connecting.select(await connecting.plan())
    const selected = await connecting.plan()
    refuseDropped(leftOver(selected, false))
    await connecting.switchOn(selected)
    refuseDropped(leftOver(await connecting.plan(), true))
    say(`Connected: ${count(done.length, 'step')}. Call your number, and look into the log for "call start".`)
    return EXIT.done
  }

  function printLines (lines: PlanLine[]): void {
    let place = ''
    for (const { where, what, from, to } of lines) {
      if (where !== place) print(where)
      place = where
      print(`  ${what}: ${from} → ${to}`)
    }
  }

  /** Otherwise the bridge would never see the new secret. */
  async function refuseOtherEnvironment (): Promise<void> {
    const inFile = listOf((await settingsIn(options.settingsFile))['WEBHOOK_SECRET'])
    if (config.WEBHOOK_SECRET.length === 0 || config.WEBHOOK_SECRET.join() === inFile.join()) return
    throw new CommandFailed(
      `WEBHOOK_SECRET in the environment is not the one in ${options.settingsFile}, and it would win over the new ` +
      'secret that is written there. Unset it in the environment, or give the file it comes from with --settings-file')
  }

  async function writeSecret (secret: string): Promise<void> {
    const inFile = listOf((await settingsIn(options.settingsFile))['WEBHOOK_SECRET'])
    await writeSettings(options.settingsFile, { WEBHOOK_SECRET: [secret, ...inFile].join(',') })
  }

  async function isPublic (): Promise<boolean> {
    // A bridge may be started now.
    await connection.release()
    const found = await look()
    if (found.state === 'ready') return true
    say(found.state === 'restart'
      ? `Restart the bridge now, so that it reads ${options.settingsFile}: ${found.reason}.`
      : `ElevenLabs could not reach the bridge: ${found.reason}.`)
    if (questions === null) {
      say('Nothing was selected at ElevenLabs yet. When the bridge runs with its new settings, run this again.')
      return false
    }
    const last = await shell.withProgress('Waiting for the bridge', async (show) => {
      let seen: PublicState = found
      for (let looks = 1; looks <= MAX_LOOKS && seen.state !== 'ready'; looks++) {
        show(looks / MAX_LOOKS, seen.reason)
        await shell.wait(LOOK_MS, signal)
        seen = await look()
      }
      return seen
    })
    if (last.state === 'ready') return true
    say(`It still does not answer: ${last.reason}. Nothing was selected at ElevenLabs: run this again later.`)
    return false
  }

  async function look (): Promise<PublicState> {
    const { publicUrl, headerSecret, webhookSecrets } = connecting.wanted
    return await checkPublic(connection.value.bridge_id, {
      url: publicUrl,
      headerSecret,
      webhookSecret: webhookSecrets[0] ?? ''
    }, signal)
  }

  function refuseDropped (lines: PlanLine[]): void {
    if (lines.length === 0) return
    say('ElevenLabs answered that it had made these changes, but they are not there:')
    for (const { where, what, to } of lines) say(`  ${where}: ${what} → ${to}`)
    throw new CommandFailed('Not everything could be set: make these changes in the dashboard, and run this again')
  }
}

function wantedFrom (
  options: ConnectOptions, variables: Record<string, string>, { config, env }: Shell
): Wanted {
  const [headerSecret] = config.WEBHOOK_HEADER_SECRET
  if (headerSecret === undefined) {
    throw new SettingsInvalid('WEBHOOK_HEADER_SECRET is not set: "memory-bridge init" adds it; then restart the bridge')
  }
  const publicUrl = withoutTrailingSlashes(config.PUBLIC_BASE_URL)
  if (isSamplePublicUrl(publicUrl)) {
    throw new SettingsInvalid('PUBLIC_BASE_URL still has its sample value: set it to the address at which ElevenLabs ' +
      'reaches this bridge')
  }
  const { protocol, hostname } = new URL(publicUrl)
  const isSecure = protocol === 'https:'
  if (!isSecure && !isLoopback(hostname)) {
    throw new SettingsInvalid('PUBLIC_BASE_URL is not https: secrets and what callers say would be sent in clear ' +
      'text. Put a TLS proxy in front, and set its address')
  }
  const { customLlm: url, customLlmModel: model, phoneNumber: number, sms = false } = options
  const { TWILIO_ACCOUNT_SID: sid, TWILIO_AUTH_TOKEN: token } = env
  return {
    agentIds: [...new Set(config.ELEVENLABS_AGENT_ID)],
    overrides: overridesOf(config),
    publicUrl,
    headerSecret,
    // Without those that are known, no webhook is usable.
    webhookSecrets: options.newSecret === true ? [] : config.WEBHOOK_SECRET,
    variables,
    isForWorkspace: options.workspace === true,
    hasTools: isSecure,
    collectsData: options.dataCollection,
    customLlm: url === undefined ? null : { url, model, apiKey: config.OPENCLAW_API_KEY ?? null },
    phoneNumber: number === undefined
      ? null
      : { number, twilio: sid === undefined || token === undefined ? null : { sid, token }, acceptsSms: sms }
  }
}

function listOf (value: string | undefined): string[] {
  return (value ?? '').split(',').map((entry) => entry.trim()).filter((entry) => entry !== '')
}
