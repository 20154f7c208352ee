/** `init`: asks for what only the operator knows, makes every secret, and writes the settings file. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { constants, copyFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createElevenLabs, type Named } from '../elevenlabs/management.ts'
import { CommandFailed } from '../errors.ts'
import { EXIT } from '../process.ts'
import { isLoopback, isSamplePublicUrl, SAMPLE_PREFIX } from '../settings.ts'
import { isSetting, readSettings } from './parts.ts'
import { settingsIn, writeSettings } from './settings-file.ts'
import { count, type BareShell } from './shell.ts'
import { isSystemError } from '../store/file/system-error.ts'

export interface InitOptions {
  settingsFile: string
  /** Ids; several separated by commas. */
  agent?: string
  publicUrl?: string
  learn?: boolean
  openclawUrl?: string
  encrypt?: boolean
}

const HEAD = `# Settings of the memory bridge, made by "memory-bridge init". Keep this file secret, and keep a copy of
# PHONE_HASH_KEY and DATA_ENCRYPTION_KEY in another place: without them the data is of no use.
`

const OPENCLAW_URL = 'http://127.0.0.1:18789/v1'

const randomKey = () => randomBytes(32).toString('hex')
const randomSealKey = () => randomBytes(32).toString('base64')

/** Keeps an existing file, and adds what is missing. */
export async function initCommand (shell: BareShell, options: InitOptions): Promise<number> {
  const { env, questions, say, print, signal, wait } = shell
  const inFile = await settingsIn(options.settingsFile)
  const given = (name: string) => [inFile[name], env[name]].find((value) => isSet(value))?.trim() ?? null
  const missing: string[] = []

  const apiKey = given('ELEVENLABS_API_KEY') ??
    await questions?.secret('API key of your ElevenLabs workspace (Settings > API keys)') ??
    lacks('ELEVENLABS_API_KEY in the environment: the API key of your ElevenLabs workspace')
  const agents = apiKey === null ? null : await readAgents(apiKey)
  const agentIds = options.agent ?? given('ELEVENLABS_AGENT_ID') ?? await chooseAgents(agents) ??
    lacks(`--agent <id>${agents === null ? '' : `, one of ${listOf(agents)}`}`)
  const publicUrl = options.publicUrl ?? given('PUBLIC_BASE_URL') ??
    await questions?.text('Address at which ElevenLabs reaches this bridge', 'https://', publicUrlFault) ??
    lacks('--public-url <https://…>: the address at which ElevenLabs reaches this bridge')
  if (missing.length > 0 || apiKey === null || agentIds === null || publicUrl === null) {
    say(['There is no terminal to ask on. Missing:', ...missing.map((each) => `  ${each}`)].join('\n'))
    return EXIT.usage
  }
  const fault = publicUrlFault(publicUrl)
  if (fault !== null) throw new CommandFailed(`The public address ${publicUrl} cannot be used: ${fault}`)
  refuseUnknownAgents(agentIds, agents ?? [])

  const learning = await learningSettings()
  const secrets = await secretSettings()
  const all: Record<string, string> = {
    ELEVENLABS_API_KEY: apiKey,
    ELEVENLABS_AGENT_ID: agentIds,
    PUBLIC_BASE_URL: publicUrl,
    ...learning,
    ...secrets
  }
  // What is there stays; only samples are replaced.
  const added = Object.fromEntries(Object.entries(all).filter(([name]) => isSetting(name) && !isSet(inFile[name])))
  signal.throwIfAborted()
  if (Object.keys(added).length > 0) await writeSettings(options.settingsFile, added, HEAD)
  say(Object.keys(added).length === 0
    ? `${options.settingsFile} has everything already, and was not changed.`
    : `${count(Object.keys(added).length, 'setting')} written to ${options.settingsFile}, which only you can read: ` +
      `${Object.keys(added).join(', ')}.`)
  await copySoul(given('SOUL_TEMPLATE_PATH') ?? './soul_template.md')
  await readSettings({ ...env, ...await settingsIn(options.settingsFile) })
  print('Next: edit the soul, start the bridge with "memory-bridge serve", and run "memory-bridge connect".')
  return EXIT.done

  function lacks (what: string): null {
    missing.push(what)
    return null
  }

  async function readAgents (key: string): Promise<Named[]> {
    const address = given('ELEVENLABS_API_BASE_URL') ?? 'https://api.elevenlabs.io'
    const config = { ELEVENLABS_API_KEY: key, ELEVENLABS_API_BASE_URL: address }
    const api = createElevenLabs({ config, wait }, signal)
    const found = await api.agents()
    if (found.length === 0) throw new CommandFailed('The workspace of this key has no agents: make one first')
    const numbers = await api.phoneNumbers()
    return found.map(({ id, name }) => {
      const own = numbers.filter(({ agentId }) => agentId === id).map(({ number }) => number)
      return { id, name: own.length === 0 ? name : `${name}, ${own.join(', ')}` }
    })
  }

  async function chooseAgents (found: Named[] | null): Promise<string | null> {
    if (questions === null || found === null) return null
    const choices = found.map(({ id, name }) => ({ value: id, label: `${name} (${id})` }))
    return (await questions.choose('Which agents answer the phone?', choices)).join(',')
  }

  function refuseUnknownAgents (ids: string, found: Named[]): void {
    const wrong = ids.split(',').map((id) => id.trim()).filter((id) => !found.some((agent) => agent.id === id))
    if (wrong.length === 0) return
    throw new CommandFailed(`The workspace of this key has no agent ${wrong.join(', ')}: it has ${listOf(found)}`)
  }

  async function learningSettings (): Promise<Record<string, string>> {
    const isDecided = given('LEARN_FROM_TRANSCRIPT') !== null
    const learns = options.learn ?? (isDecided || questions === null
      ? false
      : await questions.confirm('Shall a language model read what was said, and learn from it?', false))
    const url = options.openclawUrl ?? given('OPENCLAW_API_BASE_URL') ?? (learns && questions !== null
      ? await questions.text('Address of OpenClaw, or of another OpenAI-compatible API', OPENCLAW_URL, webUrlFault)
      : OPENCLAW_URL)
    if (!learns) return { OPENCLAW_API_BASE_URL: url }
    const token = given('OPENCLAW_API_KEY') ?? await questions?.secret('Its token') ?? null
    return {
      OPENCLAW_API_BASE_URL: url,
      LEARN_FROM_TRANSCRIPT: 'true',
      ...(token === null ? {} : { OPENCLAW_API_KEY: token })
    }
  }

  async function secretSettings (): Promise<Record<string, string>> {
    const encrypts = options.encrypt ?? (isSet(inFile['DATA_ENCRYPTION_KEY']) || questions === null
      ? false
      : await questions.confirm('Seal (encrypt) what is stored about callers?', true))
    // A header that ElevenLabs sends already goes on working until it is connected.
    const former = given('WEBHOOK_SECRET')
    return {
      ADMIN_API_KEY: given('ADMIN_API_KEY') ?? randomKey(),
      // Until connect puts ElevenLabs' own secret before it, so that nobody can post call ends.
      WEBHOOK_SECRET: former ?? randomKey(),
      WEBHOOK_HEADER_SECRET: given('WEBHOOK_HEADER_SECRET') ??
        [randomKey(), ...(former === null ? [] : [former])].join(','),
      PHONE_HASH_KEY: given('PHONE_HASH_KEY') ?? randomKey(),
      CALLER_TOKEN_KEY: given('CALLER_TOKEN_KEY') ?? randomSealKey(),
      ...(encrypts ? { DATA_ENCRYPTION_KEY: given('DATA_ENCRYPTION_KEY') ?? randomSealKey() } : {})
    }
  }

  async function copySoul (path: string): Promise<void> {
    try {
      await copyFile(soulTemplate(), path, constants.COPYFILE_EXCL)
      say(`${path} is a template of your agent's personality: edit it.`)
    } catch (error) {
      if (!isSystemError(error) || error.code !== 'EEXIST') throw error
    }
  }
}

/** Neither empty nor a sample. */
function isSet (value: string | undefined): value is string {
  if (value === undefined || value.trim() === '') return false
  return !value.trim().startsWith(SAMPLE_PREFIX) && !(URL.canParse(value) && isSamplePublicUrl(value))
}

function publicUrlFault (text: string): string | null {
  const fault = webUrlFault(text)
  if (fault !== null) return fault
  if (isSamplePublicUrl(text)) return 'it is the sample address of the documents'
  const { protocol, hostname, pathname } = new URL(text)
  if (pathname.startsWith('//')) return 'it has https:// twice'
  return protocol === 'https:' || isLoopback(hostname) ? null : 'it must begin with https://'
}

function webUrlFault (text: string): string | null {
  const isWebUrl = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
  return isWebUrl ? null : 'it must look like https://bridge.example.org'
}

function listOf (agents: Named[]): string {
  return agents.slice(0, 10).map(({ id, name }) => `${id} (${name})`).join(', ')
}

/** In the folder of the package, wherever it is installed. */
function soulTemplate (): string {
  let folder = import.meta.dirname
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder)
  return join(folder, 'soul_template.md')
}
