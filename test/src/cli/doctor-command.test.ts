/** `doctor` with a bridge and a fake ElevenLabs: one thing after another is broken, and found. */
import t, { type Test } from 'tap'
import { TOOLS, toolRequest } from '../../../src/tools/definitions.ts'
import { ELEVENLABS_KEY, fakeElevenLabs, type FakeElevenLabs } from '../../fake-elevenlabs.ts'
import type { Json } from '../../fixtures/webhooks.ts'
import { freePort } from '../../free-port.ts'
import { ADMIN_KEY, AGENT, testEnv, WEBHOOK_SECRET } from '../../helper.ts'
import { run, serve } from './command.ts'

const SECRETS = [ELEVENLABS_KEY, ADMIN_KEY, WEBHOOK_SECRET]

interface Finding {
  check: string
  level: string
  message: string
  remedy: string | null
}

/** The agent, as `connect` leaves it. */
const agentOf = ({ workspace }: FakeElevenLabs): Json => workspace.agents[AGENT]!.branches[0]

function connected (fake: FakeElevenLabs, publicUrl: string): void {
  const { workspace } = fake
  workspace.tools = Object.fromEntries(TOOLS.map((tool) => [`tool_${tool.name}`, toolRequest(tool, publicUrl).tool_config]))
  workspace.webhooks = [{ name: 'bridge', webhook_id: 'wh1', webhook_url: `${publicUrl}/webhook/post-call`, is_disabled: false, is_auto_disabled: false, created_at_unix: 1, auth_type: 'hmac' }]
  workspace.numbers = [{ phone_number_id: 'num1', phone_number: '+15550100001', label: 'x', provider: 'twilio', assigned_agent: { agent_id: AGENT, agent_name: 'Front desk' } }]
  Object.assign(agentOf(fake), {
    conversation_config: {
      agent: {
        first_message: 'Hello {{caller_name}}', prompt: { prompt: 'You answer.', tool_ids: Object.keys(workspace.tools) }
      }
    },
    platform_settings: {
      overrides: {
        enable_conversation_initiation_client_data_from_webhook: true,
        conversation_config_override: { agent: { first_message: true, prompt: { prompt: true } } }
      },
      workspace_overrides: {
        conversation_initiation_client_data_webhook: { url: `${publicUrl}/webhook/personalize`, request_headers: { 'X-Webhook-Secret': { secret_id: 'sec1' } } },
        webhooks: { post_call_webhook_id: 'wh1', events: ['transcript', 'call_initiation_failure'] }
      }
    }
  })
}

/** What is not fine: a line for each finding. */
async function examine (t: Test, env: Record<string, string | undefined>) {
  const { code, out, err } = await run(t, ['doctor', '--json', '--env-file', `${t.testdirName}/none.env`], env)
  for (const secret of SECRETS) t.notMatch(out + err, secret, 'no secret is printed')
  const { result, findings } = JSON.parse(out) as { result: string, findings: Finding[] }
  return { code, result, lines: findings.filter(({ remedy }) => remedy !== null).map(({ level, check, message }) => `${level} ${check}: ${message}`) }
}

t.test('doctor', async (t) => {
  const fake = await fakeElevenLabs(t)
  const settings = testEnv(t, { ELEVENLABS_API_BASE_URL: fake.url, PHONE_HASH_KEY: 'a-phone-hash-key-for-tests' })
  const { port, stop } = await serve(t, settings)
  const url = `http://127.0.0.1:${port}`
  const env = { ...settings, PORT: String(port), PUBLIC_BASE_URL: url }
  connected(fake, url)

  const good = await examine(t, env)
  const known = good.lines.filter((line) => !/^warning (user|settings file)/.test(line))

  t.strictSame(known, [
    // On loopback, there is neither a public address nor a backup.
    'failure settings: PUBLIC_BASE_URL is an address of this machine only.',
    'warning backup: There was none yet.'
  ], 'nothing else is wrong at first')
  t.strictSame([good.code, good.result], [2, 'failure'])
  t.strictSame(fake.workspace.faults, [], 'ElevenLabs\' document knows every request')
  t.strictSame(fake.workspace.writes, [], 'nothing is changed')

  const { workspace } = fake
  const unchanged = structuredClone(workspace)
  const platform = () => agentOf(fake)['platform_settings']
  const conversation = () => agentOf(fake)['conversation_config']
  const other = `http://127.0.0.1:${await freePort()}`
  const seconds = Math.floor(Date.now() / 1000)
  const llm = { llm: 'custom-llm', custom_llm: { url: `${other}/v1`, model_id: 'openclaw/phone' } }
  type Broken = [what: string, breaks: () => object | undefined | void, found: RegExp]
  // What can be broken at the same time is examined in one run.
  const runs: Broken[][] = [
    [
      ['the fetch switch is off', () => { platform().overrides.enable_conversation_initiation_client_data_from_webhook = false }, /^failure fetch at call start: Front desk never asks/],
      ['an override is off', () => { platform().overrides.conversation_config_override.agent.first_message = false }, /^failure overrides: .* override of the first message/],
      ['the call start webhook leads elsewhere', () => { platform().workspace_overrides.conversation_initiation_client_data_webhook.url = 'https://old.example' }, /^failure call start webhook: Its address is not/],
      ['the call end webhook is switched off', () => { workspace.webhooks[0]!.is_auto_disabled = true }, /^failure call end webhook: ElevenLabs has switched it off/],
      ['traffic goes elsewhere', () => { workspace.agents[AGENT]!.branches.push({ ...workspace.agents[AGENT]!.branches[0]!, id: 'b2', name: 'Test', live: 30 }) }, /^warning agent: Front desk has 30 % of its traffic on the branch Test/],
      ['no number is assigned', () => { workspace.numbers = [] }, /^warning number: No number/],
      ['a language preset wants a variable', () => { conversation().language_presets = { de: { overrides: { agent: { first_message: 'Hallo {{plan}}' } } } } }, /^failure variables: Front desk uses \{\{plan\}\} in conversation_config\.language_presets\.de\.overrides\.agent\.first_message/],
      ['another tool wants a variable', () => {
        workspace.tools['tool_book'] = { ...structuredClone(workspace.tools['tool_recall']), name: 'book', api_schema: { url: 'https://crm.example/{{crm_id}}', method: 'GET' } }
        conversation().agent.prompt.tool_ids.push('tool_book')
      }, /^failure variables: Front desk uses \{\{crm_id\}\} in tool book\.api_schema\.url/],
      ['a tool leads elsewhere', () => { workspace.tools['tool_recall']!.api_schema.url = `${url}/tools/recall ` }, /^failure tools: The address of recall has spaces/],
      ['a tool fails', () => {
        workspace.executions = { tool_remember: [{ conversation_id: 'c', agent_id: AGENT, timestamp: seconds, latency_secs: 5, is_error: true, error_type: 'client_timeout' }] }
      }, /^warning tools: Of 1 calls of remember in the last day, 1 failed \(client_timeout\)/],
      ['a custom LLM cannot be reached', () => { Object.assign(conversation().agent.prompt, llm) }, /^failure agent's model: The custom LLM of Front desk cannot be reached/],
      ['calls fail', () => { fake.calls.push({ id: 'c1', startedAt: seconds, status: 'failed' }) }, /^warning calls: Of its 1 conversations, 1 failed/],
      ['the learning model cannot be reached', () => ({ LEARN_FROM_TRANSCRIPT: 'true', OPENCLAW_MODEL: 'openclaw/learn', OPENCLAW_API_BASE_URL: `${other}/v1` }), /^failure learning model: It cannot be reached/]
    ],
    [
      ['the secret of the call start webhook is missing', () => { platform().workspace_overrides.conversation_initiation_client_data_webhook.request_headers = {} }, /^failure call start webhook: It sends no header/],
      ['the call end webhook fails', () => { Object.assign(workspace.webhooks[0]!, { most_recent_failure_error_code: 401, most_recent_failure_timestamp: seconds }) }, /^warning call end webhook: It failed at .* with 401/],
      ['the bridge has other secrets', () => ({ WEBHOOK_SECRET: 'another-webhook-secret' }), /^failure webhooks: The running bridge has other secrets/],
      ['the soul is broken', () => ({ SOUL_TEMPLATE_PATH: `${t.testdirName}/none.md` }), /^failure soul: .* cannot be used/]
    ],
    [
      ['the call end webhook is not selected', () => { platform().workspace_overrides.webhooks = {} }, /^failure call end webhook: There is one for the bridge, but/],
      ['the admin key is another', () => ({ ADMIN_API_KEY: 'another-admin-key-for-tests' }), /^failure bridge: The bridge at .* does not show its status: The admin key is missing or wrong/]
    ],
    [
      ['the workspace is another', () => { workspace.agents = { agent_x: workspace.agents[AGENT]! } }, /^failure workspace: .* has no agent agent_0001\. It has Front desk \(agent_x\)/],
      ['the public address leads nowhere', () => ({ PUBLIC_BASE_URL: other }), /^failure public address: .* cannot be reached from here/]
    ],
    [['the key is refused', () => ({ ELEVENLABS_API_KEY: 'another-key-for-tests' }), /^failure workspace: ElevenLabs refuses the key/]],
    [['the key may not read webhooks', () => { fake.instead = (asked) => asked === 'GET /v1/workspace/webhooks' ? { status: 403, body: '{}' } : null }, /^warning workspace: ElevenLabs does not allow GET \/v1\/workspace\/webhooks/]]
  ]
  for (const broken of runs) {
    const changed = Object.assign({}, ...broken.map(([, breaks]) => breaks())) as object
    const { lines } = await examine(t, { ...env, ...changed })

    const news = lines.filter((line) => !good.lines.includes(line))
    for (const [what, , found] of broken) t.ok(news.some((line) => found.test(line)), `${what}; found: ${news.join('; ')}`)
    Object.assign(workspace, structuredClone(unchanged))
    fake.calls.length = 0
    fake.instead = () => null
  }

  await t.test('lines for people say what to do', async (t) => {
    const { code, out } = await run(t, ['doctor'], env)

    t.equal(code, 2)
    t.match(out, /^✗ settings +PUBLIC_BASE_URL is an address of this machine only\.\n +→ Set it to the address/)
    t.match(out, /^✓ fetch at call start +Front desk asks the bridge who is calling\.$/m)
    t.match(out, /^\d+ fine, \d to look at, 1 broken, \d not checked\.$/m)
  })

  const status = await fetch(`${url}/api/status`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } })
  t.match(await status.json(), { calls: { refused: { personalize: { requests: 0 }, post_call: { requests: 0 } } } }, 'doctor leaves no trace')

  await t.test('the bridge does not run', async (t) => {
    await stop()
    const { lines } = await examine(t, env)
    t.ok(lines.includes(`failure bridge: No bridge responds at ${url}.`), lines.join('\n'))
  })
})

t.test('settings with which no bridge starts are a finding', async (t) => {
  const { code, out, err } = await run(t, ['doctor', '--json'], testEnv(t, { ELEVENLABS_AGENT_ID: '' }))

  t.strictSame([code, err], [2, ''])
  t.match(JSON.parse(out), { result: 'failure', findings: [{ check: 'settings', level: 'failure', message: /ELEVENLABS_AGENT_ID is missing/ }] })
})
