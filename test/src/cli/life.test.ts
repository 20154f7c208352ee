/** The whole life of a bridge: connected by one command, watched by another, and gone without a trace at ElevenLabs. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process, { geteuid } from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { parseEnv } from 'node:util'
import t from 'tap'
import { postCallBody, ringBody, signatureHeader, type PhoneCall } from '../../../src/simulate/elevenlabs.ts'
import { ELEVENLABS_KEY, fakeElevenLabs, type FakeElevenLabs } from '../../fake-elevenlabs.ts'
import { fakeWorkspace } from '../../fake-workspace.ts'
import type { Json } from '../../fixtures/webhooks.ts'
import { freePort } from '../../free-port.ts'
import { AGENT } from '../../helper.ts'
import { certificate, namePublicly, PUBLIC_URL, tlsProxy } from '../../public-address.ts'
import { startModel } from '../../scripted-model.ts'
import { run, serve } from './command.ts'

const NUMBER = '+15550100001'
const LEARNT = { operations: [{ op: 'add', fact_id: null, text: 'Wants parcels left with the neighbour', category: 'preference', confidence: 0.95, turns: [2] }], caller_name: { value: 'Dana', confidence: 0.95, turns: [2] }, language: null, open_items: [] }

interface Finding {
  check: string
  level: string
  message: string
  remedy: string | null
}

const agentOf = ({ workspace }: FakeElevenLabs): Json => workspace.agents[AGENT]!.branches[0]

/** Everything that ElevenLabs shows, but for the number of the agent's version. */
async function shownBy ({ url, workspace }: FakeElevenLabs): Promise<Json> {
  const paths = ['settings', 'secrets', 'tools', 'phone-numbers', 'agents', ...Object.keys(workspace.agents).map((id) => `agents/${id}`)]
  const shown = await Promise.all(['workspace/webhooks', ...paths.map((path) => `convai/${path}`)].map(async (path) => {
    const response = await fetch(`${url}/v1/${path}`, { headers: { 'xi-api-key': ELEVENLABS_KEY } })
    const { version_id: _, ...rest } = await response.json() as Json
    return [path, rest]
  }))
  return Object.fromEntries(shown)
}

/** Plays a call as ElevenLabs does, which knows nothing but what is set in its workspace. */
function callsFrom (fake: FakeElevenLabs) {
  const post = async (url: string, headers: Record<string, string>, body: string) => {
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body })
    return { status: response.status, json: await response.json() as Json }
  }
  const secretOf = (id: string) => fake.workspace.secrets.find((each) => each.id === id)?.value
  const headersOf = (headers: Json, variables: Json = {}): Record<string, string> =>
    Object.fromEntries(Object.entries<Json>(headers).map(([name, { secret_id: id, variable_name: variable }]) =>
      [name, id === undefined ? variables[variable] : secretOf(id)]))
  const overrides = (): Json => agentOf(fake).platform_settings.workspace_overrides

  return {
    async start (call: PhoneCall, more: Record<string, string> = {}) {
      const { url, request_headers: headers } = overrides().conversation_initiation_client_data_webhook
      return await post(url, { ...headersOf(headers), ...more }, JSON.stringify(ringBody({ ...call, agentId: AGENT })))
    },
    async end (call: PhoneCall, secret?: string) {
      const { post_call_webhook_id: id } = overrides().webhooks
      const webhook = fake.workspace.webhooks.find((each) => each.webhook_id === id)
      const body = postCallBody({ ...call, agentId: AGENT })
      return await post(webhook.webhook_url, { 'elevenlabs-signature': signatureHeader(body, secret ?? webhook.secret) }, body)
    },
    async useTool (name: string, body: object, call: PhoneCall, { dynamic_variables: variables }: Json) {
      const ids: string[] = agentOf(fake).conversation_config.agent.prompt.tool_ids
      const tool = ids.map((id) => fake.workspace.tools[id]).find((each) => each!.name === name)
      const { url, request_headers: headers } = tool!.api_schema
      const known = { ...variables, system__conversation_id: call.conversationId }
      return await post(url, headersOf(headers, known), JSON.stringify(body))
    }
  }
}

t.test('init, connect, calls, simulate, backup, doctor, disconnect', async (t) => {
  const fake = await fakeElevenLabs(t)
  const { workspace } = fake
  Object.assign(workspace, {
    agents: fakeWorkspace({ [AGENT]: 'Front desk', agent_0002: 'Night desk' }).agents,
    numbers: [{ phone_number_id: 'phnum_night', phone_number: '+15550100002', label: 'Night', provider: 'twilio', assigned_agent: { agent_id: 'agent_0002', agent_name: 'Night desk' } }]
  })
  const before = await shownBy(fake)
  const learns = { isOn: true }
  const model = await startModel(t, ({ body }) => body['max_tokens'] === 1 ? { text: 'ok' } : learns.isOn ? { answer: LEARNT } : { status: 500 })
  const warnings: string[] = []
  const onWarning = ({ message }: Error) => { warnings.push(message) }
  process.on('warning', onWarning)
  t.teardown(() => { process.off('warning', onWarning) })
  const folder = t.testdir({})
  const [file, data] = [join(folder, '.env'), join(folder, 'data')]
  const port = await freePort()
  const env: Record<string, string> = {
    ELEVENLABS_API_BASE_URL: fake.url, ELEVENLABS_API_KEY: ELEVENLABS_KEY, HOST: '127.0.0.1', PORT: String(port), DATA_DIR: data, SOUL_TEMPLATE_PATH: join(folder, 'soul.md'), OPENCLAW_MODEL: 'openclaw/learn', TWILIO_ACCOUNT_SID: 'AC0001', TWILIO_AUTH_TOKEN: 'a-twilio-token'
  }
  const settings = (): Record<string, string> => ({ ...parseEnv(readFileSync(file, 'utf8')) as Record<string, string>, ...env })
  const printed: string[] = []
  /** Runs a command in a folder with the settings file. */
  async function command (args: string[], more: Record<string, string> = {}, person: Parameters<typeof run>[5] = {}) {
    const ended = ['simulate', 'backup'].includes(args[0]!)
      ? await run(t, args, { ...settings(), ...more }, '', undefined, person)
      : await run(t, [...args, '--settings-file', file], { ...env, ...more }, '', undefined, person)
    printed.push(ended.out, ended.err)
    return ended
  }

  const made = await command(['init', '--agent', `${AGENT},agent_0002`, '--public-url', PUBLIC_URL, '--learn', '--openclaw-url', model.url])
  t.equal(made.code, 0, made.err)
  t.strictSame(await shownBy(fake), before, 'init only reads')

  let bridge = await serve(t, settings(), port)
  const proxy = await tlsProxy(t, port)
  namePublicly(t, proxy)
  const admin = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: `Bearer ${settings()['ADMIN_API_KEY']}` } })
    return { status: response.status, json: await response.json() as Json }
  }
  const until = async (path: string, isSo: (answer: { status: number, json: Json }) => boolean) => {
    for (let looks = 0; !isSo(await admin(path)); looks++) {
      if (looks === 1000) throw new Error(`${path} still says ${JSON.stringify(await admin(path))}`)
      await setTimeout(20)
    }
  }

  const first = await command(['connect', '--yes', '--phone-number', NUMBER])
  t.equal(first.code, 4, first.err)
  t.match(first.err, /Restart the bridge now, so that it reads .*: the bridge does not have the WEBHOOK_SECRET of its settings yet/)
  t.equal(agentOf(fake).versions, 0, 'no call notices')
  // On a terminal it asks once, waits until the bridge was restarted, and goes on.
  const asked: string[] = []
  let waits = 0
  const connected = await command(['connect', '--phone-number', NUMBER], {}, {
    questions: { text: async () => '', secret: async () => '', choose: async () => [], confirm: async (message) => { asked.push(message); return true } },
    async wait () {
      if (++waits !== 2) return
      await bridge.stop()
      bridge = await serve(t, settings(), port)
    }
  })
  t.equal(connected.code, 0, connected.err)
  t.match(connected.err, /Done: changed \d\d settings of agent Front desk .*\n[^]*Done: changed 1 setting of agent Front desk/)
  t.match(asked, [/Make the \d+ changes at ElevenLabs\?/])
  t.equal(waits, 2)
  t.match((await admin('/api/status')).json, { calls: { starts: 0, ends: 0, refused: { personalize: { requests: 0 }, post_call: { requests: 0 } } } }, 'nothing was counted as a call')
  const writes = workspace.writes.length
  t.match(await command(['connect', '--yes', '--phone-number', NUMBER]), { code: 0, err: /Nothing to do/ })
  t.equal(workspace.writes.length, writes)

  const rotated = `another-header-secret,${settings()['WEBHOOK_HEADER_SECRET']}`
  t.match(await command(['connect', '--yes'], { WEBHOOK_HEADER_SECRET: rotated }), { code: 4, err: /does not have the WEBHOOK_HEADER_SECRET of its settings yet/ })
  t.equal(workspace.writes.length, writes, 'a header secret that is in use changes only once the bridge knows the new one')

  const elevenLabs = callsFrom(fake)
  const firstCall = { callerId: '+15550100123', conversationId: 'conv_1', callSid: 'CA1' }
  const secondCall = { ...firstCall, conversationId: 'conv_2', callSid: 'CA2' }
  const rung = await elevenLabs.start(firstCall)
  t.match(rung, { status: 200, json: { dynamic_variables: { call_count: '1' }, conversation_config_override: { agent: { first_message: /front desk/ } } } })
  t.match(await elevenLabs.useTool('remember', { fact: 'Has a dog' }, firstCall, rung.json), { status: 200, json: { result: 'It is noted.' } })
  t.match(await elevenLabs.end(firstCall), { status: 200, json: { outcome: 'closed' } })
  await until('/api/jobs', ({ json }) => json.jobs.length === 0)
  t.match((await elevenLabs.start(secondCall)).json, { dynamic_variables: { call_count: '2', caller_name: 'Dana', caller_memory: /neighbour[^]*dog|dog[^]*neighbour/ } })

  t.match(await command(['simulate', '--public']), { code: 0, out: /played against the bridge at https:\/\/bridge\.example\.[^]*name: Dana[^]*erased again[^]*All of it worked/ })
  const backUp = () => command(['backup', '--force', join(folder, 'backup.gz')])
  t.match(await backUp(), { code: 0 })

  const [rows, found] = [new Set<string>(), new Set<string>()]
  async function examine (more: object = {}) {
    const { code, out } = await command(['doctor', '--json'], more as Record<string, string>)
    const { findings } = JSON.parse(out) as { findings: Finding[] }
    for (const { check } of findings) rows.add(check)
    return { code, lines: findings.filter(({ remedy }) => remedy !== null).map(({ level, check, message }) => `${level} ${check}: ${message}`) }
  }

  const good = await examine()
  const isRoot = geteuid?.() === 0
  t.strictSame(good, { code: isRoot ? 1 : 0, lines: isRoot ? ['warning user: The bridge runs as root.'] : [] }, 'all is fine')
  t.equal(workspace.writes.length, writes, 'doctor changes nothing')
  const forPeople = await command(['doctor'])
  t.match(forPeople.out, /^✓ fetch at call start +Front desk asks the bridge who is calling\.$/m)
  t.match(forPeople.out, /^\d+ fine, \d to look at, 0 broken, \d not checked\.$/m)
  t.match((await admin('/api/status')).json, { calls: { refused: { personalize: { requests: 0 }, post_call: { requests: 0 } } } }, 'and leaves no trace')

  const platform = () => agentOf(fake)['platform_settings']
  const conversation = () => agentOf(fake)['conversation_config']
  const toolNamed = (name: string) => Object.entries(workspace.tools).find(([, tool]) => tool.name === name)!
  const other = `http://127.0.0.1:${await freePort()}`
  const seconds = Math.floor(Date.now() / 1000)
  const elsewhere = join(folder, 'elsewhere')
  /** What is broken, with which other settings doctor is run then, what it finds, and how it is mended. */
  type Broken = [string, () => object | undefined | void | Promise<void>, RegExp, (() => unknown)?]
  // What can be broken at the same time is examined in one run.
  const runs: Broken[][] = [
    [
      ['a call start was refused', async () => { t.equal((await elevenLabs.start(secondCall, { 'X-Webhook-Secret': 'wrong' })).status, 401) }, /^failure call starts: The last one was refused/, () => elevenLabs.start(secondCall)],
      ['a call end was refused', async () => { t.equal((await elevenLabs.end(secondCall, 'wrong')).status, 401) }, /^failure call ends: The last one was refused/],
      ['the fetch switch is off', () => { platform().overrides.enable_conversation_initiation_client_data_from_webhook = false }, /^failure fetch at call start: Front desk never asks/],
      ['an override is off', () => { platform().overrides.conversation_config_override.agent.first_message = false }, /^failure overrides: .* override of the first message/],
      ['the call start webhook leads elsewhere', () => { platform().workspace_overrides.conversation_initiation_client_data_webhook.url = 'https://old.example' }, /^failure call start webhook: Its address is not/],
      ['the call end webhook is switched off', () => { workspace.webhooks[0]!.is_auto_disabled = true }, /^failure call end webhook: ElevenLabs has switched it off/],
      ['traffic goes elsewhere', () => { workspace.agents[AGENT]!.branches.push({ ...workspace.agents[AGENT]!.branches[0]!, id: 'b2', name: 'Test', live: 30 }) }, /^warning agent: Front desk has 30 % of its traffic on the branch Test/],
      ['no number is assigned', () => { workspace.numbers = [] }, /^warning number: No number/],
      ['a language preset wants a variable', () => { conversation().language_presets = { de: { overrides: { agent: { first_message: 'Hallo {{plan}}' } } } } }, /^failure variables: Front desk uses \{\{plan\}\} in conversation_config\.language_presets\.de\.overrides\.agent\.first_message/],
      ['another tool wants a variable', () => {
        workspace.tools['tool_book'] = { ...structuredClone(toolNamed('recall')[1]), name: 'book', api_schema: { url: 'https://crm.example/{{crm_id}}', method: 'GET' } }
        conversation().agent.prompt.tool_ids.push('tool_book')
      }, /^failure variables: Front desk uses \{\{crm_id\}\} in tool book\.api_schema\.url/],
      ['a tool of the workflow is gone', () => { agentOf(fake)['workflow'] = { nodes: { n: { type: 'override_agent', additional_tool_ids: ['tool_gone'] } } } }, /^failure tools: Front desk has the tool tool_gone, which is gone/],
      ['an MCP server wants variables in a header', () => {
        conversation().agent.prompt.mcp_server_ids = ['mcp_1']
        workspace.mcpServers = { mcp_1: { url: 'https://crm.example/mcp', name: 'CRM', request_headers: { 'x-account': { variable_name: 'account' } }, request_meta: { tier: { variable_name: 'tier' }, region: 'eu' } } }
      }, /^failure variables: Front desk uses \{\{account\}\} in MCP server CRM\.request_headers\.x-account/],
      ['and in _meta', () => {}, /^warning variables: Front desk uses \{\{tier\}\} in MCP server CRM\.request_meta\.tier/],
      ['a tool leads elsewhere', () => { toolNamed('recall')[1].api_schema.url += ' ' }, /^failure tools: The address of recall has spaces/],
      ['a tool fails', () => {
        workspace.executions = { [toolNamed('remember')[0]]: [{ conversation_id: 'c', agent_id: AGENT, timestamp: seconds, latency_secs: 5, is_error: true, error_type: 'client_timeout' }] }
      }, /^warning tools: Of 1 calls of remember in the last day, 1 failed \(client_timeout\)/],
      ['a custom LLM cannot be reached', () => { Object.assign(conversation().agent.prompt, { llm: 'custom-llm', custom_llm: { url: `${other}/v1`, model_id: 'openclaw/phone' } }) }, /^failure agent's model: The custom LLM of Front desk cannot be reached/],
      ['calls fail', () => { fake.calls.push({ id: 'c1', startedAt: seconds, status: 'failed' }) }, /^warning calls: Of its 1 conversations, 1 failed/],
      ['the learning model cannot be reached', () => ({ OPENCLAW_API_BASE_URL: `${other}/v1` }), /^failure learning model: It cannot be reached/],
      ['others may read the settings', () => chmodSync(file, 0o644), /^warning settings file: Other users may open/, () => chmodSync(file, 0o600)],
      ['others may open the data', () => chmodSync(data, 0o750), /^warning data: Other users may open/, () => chmodSync(data, 0o700)],
      ['there was no backup', () => rmSync(join(data, 'last-backup')), /^warning backup: There was none yet/, backUp],
      ['the certificate has ended', () => proxy.setSecureContext(certificate('ended')), /^failure certificate: It has ended/, () => proxy.setSecureContext(certificate('valid'))]
    ],
    [
      ['the secret of the call start webhook is missing', () => { platform().workspace_overrides.conversation_initiation_client_data_webhook.request_headers = {} }, /^failure call start webhook: It sends no header/],
      ['the call end webhook fails', () => { Object.assign(workspace.webhooks[0]!, { most_recent_failure_error_code: 401, most_recent_failure_timestamp: seconds }) }, /^warning call end webhook: It failed at .* with 401/],
      ['the bridge has other secrets', () => ({ WEBHOOK_SECRET: 'another-webhook-secret' }), /^failure webhooks: The running bridge has other secrets/],
      ['the soul is broken', () => ({ SOUL_TEMPLATE_PATH: join(folder, 'none.md') }), /^failure soul: .* cannot be used/],
      ['the clock of this machine is ahead', () => {
        fake.instead = (asked) => asked === 'HEAD /' ? { headers: { date: new Date(Date.now() - 600_000).toUTCString() } } : null
      }, /^warning clock: It is \d+ seconds ahead/],
      // Nothing fits into that file system.
      ['the disk is full', () => ({ DATA_DIR: '/proc' }), /^failure disk: Only 0\.0 GB are free/]
    ],
    [
      ['the call end webhook is not selected', () => { platform().workspace_overrides.webhooks = {} }, /^failure call end webhook: There is one for the bridge, but/],
      ['the admin key is another', () => ({ ADMIN_API_KEY: 'another-admin-key-for-tests' }), /^failure bridge: The bridge at .* does not show its status: The admin key is missing or wrong/],
      ['the agent has no greeting', () => ({ OVERRIDES: 'prompt' }), /^warning first message: Front desk has no first message/],
      ['the bridge runs as root', () => {
        mkdirSync(elsewhere)
        writeFileSync(join(elsewhere, 'bridge.lock'), JSON.stringify({ pid: 1, host: 'here' }))
        return { DATA_DIR: elsewhere }
      }, /^warning user: The bridge runs as root/]
    ],
    [
      ['the workspace is another', () => { workspace.agents = { agent_x: workspace.agents[AGENT]! } }, /^failure workspace: .* has no agent agent_0001\. It has Front desk \(agent_x\)/],
      ['the public address leads nowhere', () => ({ PUBLIC_BASE_URL: other }), /^failure public address: .* cannot be reached from here/],
      ['and is no HTTPS', () => {}, /^failure settings: PUBLIC_BASE_URL is an address of this machine only/],
      ['the folder of the data is gone', async () => {
        renameSync(data, `${data}-gone`)
        writeFileSync(data, 'not a folder')
        await until('/health/ready', ({ status }) => status === 503)
      }, /^failure storage: It cannot use DATA_DIR/, async () => {
        rmSync(data)
        renameSync(`${data}-gone`, data)
        await until('/health/ready', ({ status }) => status === 200)
      }]
    ],
    [['the key is refused', () => ({ ELEVENLABS_API_KEY: 'another-key-for-tests' }), /^failure workspace: ElevenLabs refuses the key/]],
    [
      ['the key may not read webhooks', () => { fake.instead = (asked) => /workspace\/webhooks$|procedures$/.test(asked) ? { status: 403, body: '{}' } : null }, /^warning workspace: ElevenLabs does not allow GET \/v1\/workspace\/webhooks/],
      ['and no procedures, but agents', () => { platform().overrides.enable_conversation_initiation_client_data_from_webhook = false }, /^failure fetch at call start: Front desk never asks/],
      ['which is said', () => {}, /^warning workspace: ElevenLabs does not allow GET .*\/procedures/]
    ],
    [['the bridge does not run', async () => {
      learns.isOn = false
      await elevenLabs.end(secondCall)
      await until('/api/jobs', ({ json }) => json.jobs[0]?.error != null)
      await bridge.stop()
    }, /^failure bridge: No bridge responds/, async () => {
      const [record] = readdirSync(join(data, 'callers'), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.json'))
      const path = join(data, 'callers', record!)
      // As after six tries, which take hours.
      writeFileSync(path, readFileSync(path, 'utf8').replace('"state":"waiting"', '"state":"failed"'))
      bridge = await serve(t, settings(), port)
    }]],
    [['a call could not be learnt from', () => {}, /^warning learning: Calls that could not be learnt from: 1/]]
  ]
  const whole = structuredClone(workspace)
  for (const broken of runs) {
    const changes = []
    for (const [, breaks] of broken) changes.push(await breaks())
    const { code, lines } = await examine(Object.assign({}, ...changes) as object)

    t.equal(code, lines.some((line) => line.startsWith('failure')) ? 2 : 1)
    for (const [what, , pattern] of broken) {
      const line = lines.find((each) => pattern.test(each))
      t.ok(line, what, { lines })
      found.add(/^\w+ ([^:]+):/.exec(line ?? '')?.[1] ?? '')
    }
    Object.assign(workspace, structuredClone(whole))
    fake.calls.length = 0
    fake.instead = () => null
    for (const [, , , mends] of broken.toReversed()) await mends?.()
  }
  t.strictSame([...found].sort(), [...rows].sort(), 'each row was broken, and found')
  const [, table = ''] = /\| check \| what it looks at \|\n.*\n((?:\|.*\n)+)/.exec(readFileSync('docs/operations.md', 'utf8')) ?? []
  const documented = table.trim().split('\n').flatMap((line) => line.split('|')[1]!.trim().split(', '))
  t.strictSame([...found].sort(), documented.sort(), 'docs/operations.md names each row')

  const stranger = await serve(t, { ...settings(), DATA_DIR: `${data}-stranger`, PORT: '0' })
  t.match(await command(['connect', '--yes'], { PUBLIC_BASE_URL: `http://127.0.0.1:${stranger.port}` }), { code: 4, err: /is another bridge/ })

  const taken = await command(['disconnect', '--yes'])
  t.equal(taken.code, 0, taken.err)
  t.strictSame(await shownBy(fake), before, 'ElevenLabs is as it was')
  t.match((await admin('/api/connection')).json, { made: [], changed: [] })
  t.strictSame(workspace.faults, [], 'ElevenLabs\' document knows every request')
  t.strictSame(warnings, [], 'Node has nothing to complain about, with more than one agent')
  const secrets = Object.entries(settings()).filter(([name]) => /KEY|SECRET|TOKEN/.test(name)).flatMap(([, value]) => value.split(','))
  t.ok(secrets.length >= 8)
  for (const secret of secrets) t.notOk(printed.join('').includes(secret), 'no secret is printed')
})
