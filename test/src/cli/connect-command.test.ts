import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import t, { type Test } from 'tap'
import type { Json } from '../../fixtures/webhooks.ts'
import { ELEVENLABS_KEY, fakeElevenLabs, type FakeElevenLabs } from '../../fake-elevenlabs.ts'
import { fakeBranch } from '../../fake-workspace.ts'
import { AGENT, testEnv } from '../../helper.ts'
import { run, type Ended } from './command.ts'

const HEADER_SECRET = 'a-header-secret-for-tests'
const START_SECRET = 'a-first-webhook-secret'

interface Setup {
  fake: FakeElevenLabs
  file: string
  env: Record<string, string | undefined>
  /** Runs a command with the settings as they are in the file by then. */
  connect: (...options: string[]) => Promise<Ended>
  disconnect: (...options: string[]) => Promise<Ended>
}

async function setup (t: Test, more: Record<string, string> = {}): Promise<Setup> {
  const fake = await fakeElevenLabs(t)
  const { WEBHOOK_SECRET: _, ...env } = testEnv(t, { ELEVENLABS_API_BASE_URL: fake.url, WEBHOOK_HEADER_SECRET: HEADER_SECRET, PORT: '1', ...more })
  const file = join(t.testdirName, '.env')
  writeFileSync(file, `# mine\nOTHER=1\nWEBHOOK_SECRET=${START_SECRET} # a comment\n`)
  const command = (name: string) => (...options: string[]) => run(t, [name, '--settings-file', file, ...options], env)
  return { fake, file, env, connect: command('connect'), disconnect: command('disconnect') }
}

const agentOf = ({ workspace }: FakeElevenLabs): Json => workspace.agents[AGENT]!.branches[0]
const secretsIn = (file: string) => parseEnv(readFileSync(file, 'utf8'))['WEBHOOK_SECRET']?.split(',')
const noSecrets = (t: Test, { out, err }: Ended) =>
  t.notMatch(out + err, new RegExp([ELEVENLABS_KEY, HEADER_SECRET, START_SECRET, 'wsec_'].join('|')), 'no secret is printed')

t.test('connect', async (t) => {
  t.test('sets everything up, and the second run writes nothing', async (t) => {
    const { fake, file, connect } = await setup(t)

    const first = await connect('--yes', '--skip-public-check')

    t.equal(first.code, 0, first.err)
    noSecrets(t, first)
    t.match(first.out, /override of the system prompt: off → on/)
    const { platform_settings: platform, conversation_config: conversation } = agentOf(fake)
    t.equal(platform.overrides.enable_conversation_initiation_client_data_from_webhook, true)
    t.match(platform.overrides.conversation_config_override.agent, { first_message: true, prompt: { prompt: true } })
    t.equal(platform.overrides.conversation_config_override.agent.language, undefined, 'nothing that OVERRIDES does not need')
    const [webhook] = fake.workspace.webhooks
    const [secret] = fake.workspace.secrets
    t.strictSame(platform.workspace_overrides, {
      conversation_initiation_client_data_webhook: { url: 'https://bridge.example/webhook/personalize', request_headers: { 'X-Webhook-Secret': { secret_id: secret!.id } } },
      webhooks: { post_call_webhook_id: webhook.webhook_id, events: ['transcript', 'call_initiation_failure'] }
    })
    t.equal(secret!.value, HEADER_SECRET)
    t.match(webhook, { webhook_url: 'https://bridge.example/webhook/post-call', retry_enabled: true, is_disabled: false })
    t.strictSame(secretsIn(file), [webhook.secret, START_SECRET])
    t.match(readFileSync(file, 'utf8'), /^# mine\nOTHER=1\n/)
    t.equal(statSync(file).mode & 0o777, 0o600)
    t.match(conversation.agent.dynamic_variables.dynamic_variable_placeholders, { caller_name: 'there', session_id: 'none', secret__caller_token: 'none' })
    t.strictSame(conversation.agent.prompt.tool_ids, Object.keys(fake.workspace.tools))
    t.strictSame(Object.values(fake.workspace.tools).map(({ name }) => name), ['recall', 'remember', 'correct', 'forget'])
    t.strictSame(Object.keys(platform.data_collection), ['caller_name', 'caller_language'])
    t.strictSame(fake.workspace.writes.at(-1)!.body.platform_settings, { overrides: { enable_conversation_initiation_client_data_from_webhook: true } }, 'the fetch switch comes last, alone')
    t.strictSame(fake.workspace.faults, [], 'ElevenLabs\' document knows every request')

    const writes = fake.workspace.writes.length
    const second = await connect('--yes', '--skip-public-check')

    t.equal(second.code, 0, second.err)
    t.match(second.err, /Nothing to do/)
    t.equal(fake.workspace.writes.length, writes)
  })

  t.test('--dry-run shows the plan and writes nothing', async (t) => {
    const { fake, file, connect } = await setup(t)
    const text = readFileSync(file, 'utf8')

    const { code, out } = await connect('--dry-run')

    t.equal(code, 3)
    t.match(out, /^workspace\n {2}stored secret of the call start webhook: none → stored\n/)
    t.match(out, /agent Front desk \(agent_0001\), branch Main\n/)
    t.match(out, /call start webhook: not set → https:\/\/bridge\.example\/webhook\/personalize\n/)
    t.match(out, /fetch at call start: off → on\n$/)
    t.strictSame(fake.workspace.writes, [])
    t.equal(readFileSync(file, 'utf8'), text)
  })

  t.test('without a terminal it wants --yes, and ends when the bridge is not there', async (t) => {
    const { fake, file, connect } = await setup(t, { PUBLIC_BASE_URL: 'http://127.0.0.1:9' })

    t.match(await connect(), { code: 1, err: /give --yes to make the \d+ changes/ })
    t.strictSame(fake.workspace.writes, [])
    const ended = await connect('--yes')

    t.match(ended, { code: 4, err: /cannot be reached: the connection failed/ })
    t.match(ended.err, /Nothing was selected at ElevenLabs yet/)
    t.match(secretsIn(file), [/^wsec_/, START_SECRET])
    t.equal(agentOf(fake).versions, 0, 'no call notices')
    const next = await connect('--dry-run')
    t.match(next, { code: 3, out: /^agent/ }, 'and the next run goes on from there')
    t.notMatch(next.out, /tool/, 'without HTTPS there are no tools')
  })
})

t.test('what was there stays, and disconnect brings it back', async (t) => {
  for (const mergesMaps of [false, true]) {
    t.test(`maps that are ${mergesMaps ? 'merged' : 'replaced'}`, async (t) => {
      const { fake, connect, disconnect } = await setup(t)
      const { workspace } = fake
      workspace.mergesMaps = mergesMaps
      workspace.tools = { tool_own: { type: 'client', name: 'own', description: 'x' } }
      workspace.webhooks = [{ name: 'CRM', webhook_id: 'wh_crm', webhook_url: 'https://crm.example/in?key=crm-key', is_disabled: false, is_auto_disabled: false, created_at_unix: 1, auth_type: 'hmac' }]
      Object.assign(agentOf(fake), {
        conversation_config: { agent: { prompt: { prompt: 'Mine', tool_ids: ['tool_own'] }, dynamic_variables: { dynamic_variable_placeholders: { mine: 1, caller_name: 'Ann' } } } },
        platform_settings: {
          data_collection: { mood: { type: 'string', description: 'x' } },
          workspace_overrides: { webhooks: { post_call_webhook_id: 'wh_crm', events: ['transcript', 'audio', 'answering_machine_detection'], transcript_format: 'opentelemetry' } }
        }
      })
      const before = structuredClone(workspace)

      const connected = await connect('--yes', '--skip-public-check')

      t.equal(connected.code, 0, connected.err)
      t.match(connected.err, /call ends go to https:\/\/crm\.example\/in now, and no longer do/)
      t.notMatch(connected.err + connected.out, 'crm-key')
      const { conversation_config: { agent }, platform_settings: platform } = agentOf(fake)
      t.match(agent.dynamic_variables.dynamic_variable_placeholders, { mine: 1, caller_name: 'Ann', call_count: '1' })
      t.equal(agent.prompt.tool_ids[0], 'tool_own')
      t.strictSame(Object.keys(platform.data_collection), ['mood', 'caller_name', 'caller_language'])
      t.equal(platform.workspace_overrides.webhooks.transcript_format, 'json')
      t.strictSame(platform.workspace_overrides.webhooks.events, ['transcript', 'call_initiation_failure', 'answering_machine_detection'])

      const taken = await disconnect('--yes')

      noSecrets(t, taken)
      const now = agentOf(fake)
      if (mergesMaps) {
        t.equal(taken.code, 3)
        t.match(taken.err, /ElevenLabs keeps .*call_count, remove it in the dashboard/)
      } else {
        t.equal(taken.code, 0, taken.err)
        const [was] = before.agents[AGENT]!.branches
        t.strictSame(now.conversation_config, was!.conversation_config)
        t.match(now.platform_settings, was!.platform_settings)
        const { overrides } = now.platform_settings
        t.equal(overrides.enable_conversation_initiation_client_data_from_webhook, false)
        t.equal(overrides.conversation_config_override.agent.first_message, false)
      }
      t.strictSame(now.platform_settings.workspace_overrides.webhooks.post_call_webhook_id, 'wh_crm')
      t.strictSame([workspace.tools, workspace.webhooks, workspace.secrets], [before.tools, before.webhooks, []])
      t.strictSame(workspace.faults, [])
      t.match(await disconnect('--yes'), { code: 0, err: /Nothing to do/ })
    })
  }

  t.test('what somebody has changed since is left', async (t) => {
    const { fake, connect, disconnect } = await setup(t)
    await connect('--yes', '--skip-public-check')
    agentOf(fake).platform_settings.workspace_overrides.conversation_initiation_client_data_webhook = { url: 'https://other.example', request_headers: {} }

    const { code, err } = await disconnect('--yes')

    t.equal(code, 3)
    t.match(err, /conversation_initiation_client_data_webhook was changed since, and stays as it is/)
    t.equal(agentOf(fake).platform_settings.workspace_overrides.conversation_initiation_client_data_webhook.url, 'https://other.example')
  })
})

t.test('branches', async (t) => {
  t.test('the one with the traffic is changed, and the others are named', async (t) => {
    const { fake, connect } = await setup(t)
    const { branches } = fake.workspace.agents[AGENT]!
    branches[0]!.live = 20
    branches.push(fakeBranch('branch_2', 'Autumn', 80))

    const { code, out, err } = await connect('--yes', '--skip-public-check')

    t.equal(code, 0, err)
    t.match(out, /branch Autumn/)
    t.match(err, /20 % of the calls go to branch Main, which stays as it is/)
    t.strictSame(branches.map(({ versions }) => versions), [0, 2])
  })

  t.test('a protected one is refused by ElevenLabs, which the message says', async (t) => {
    const { fake, connect } = await setup(t)
    fake.workspace.agents[AGENT]!.branches[0]!.isProtected = true

    t.match(await connect('--yes', '--skip-public-check'), { code: 1, err: /\(403: The branch is protected\)/ })
  })
})

t.test('what ElevenLabs drops with a 200 is found', async (t) => {
  const { fake, connect } = await setup(t)
  fake.workspace.forgets = ['platform_settings.overrides.conversation_config_override']

  const { code, err } = await connect('--yes', '--skip-public-check')

  t.equal(code, 1)
  t.match(err, /they are not there:\n.*override of the system prompt → on/)
  t.notOk(agentOf(fake).platform_settings.overrides?.enable_conversation_initiation_client_data_from_webhook, 'and the fetch switch stays off')
})

t.test('a rotated secret, another address, a lost webhook', async (t) => {
  const { fake, file, env, connect } = await setup(t)
  await connect('--yes', '--skip-public-check')
  const { workspace } = fake
  const former = workspace.webhooks[0].webhook_id

  env['WEBHOOK_HEADER_SECRET'] = `another-header-secret,${HEADER_SECRET}`
  t.match(await connect('--yes', '--skip-public-check'), { code: 0, out: 'workspace\n  stored secret of the call start webhook: another one → stored\n' })
  t.match(workspace.secrets, [{ value: 'another-header-secret' }])

  env['PUBLIC_BASE_URL'] = 'https://new.example/'
  t.equal((await connect('--yes', '--skip-public-check')).code, 0)
  t.match(workspace.webhooks, [{ webhook_url: 'https://new.example/webhook/post-call' }], 'the former one is deleted')
  t.not(workspace.webhooks[0].webhook_id, former)
  t.match(Object.values(workspace.tools).map((tool) => tool.api_schema.url), [/^https:\/\/new\.example\/tools\/recall/, /remember/, /correct/, /forget/])
  t.equal(Object.keys(workspace.tools).length, 4)

  writeFileSync(file, 'WEBHOOK_SECRET=another\n')
  t.equal((await connect('--yes', '--skip-public-check')).code, 0)
  t.strictSame(secretsIn(file), [workspace.webhooks[0].secret, 'another'], 'its secret was lost, so it is a new one')
  t.equal(workspace.webhooks.length, 1)

  const [old] = workspace.webhooks
  workspace.agents['agent_other'] = { name: 'Other', branches: [{ ...fakeBranch('b'), platform_settings: { workspace_overrides: { webhooks: { post_call_webhook_id: old.webhook_id } } } }] }
  t.equal((await connect('--yes', '--skip-public-check', '--new-secret')).code, 0)
  t.equal(workspace.webhooks.length, 2, 'one that another agent uses stays')
  delete workspace.agents['agent_other']
  t.match(await connect('--yes', '--skip-public-check'), { code: 0, out: /former call end webhook: \w+ → deleted/ })
  const [second] = workspace.webhooks
  t.equal((await connect('--yes', '--skip-public-check', '--new-secret')).code, 0)
  t.equal(workspace.webhooks.length, 1)
  t.strictSame(secretsIn(file), [workspace.webhooks[0].secret, second.secret, old.secret, 'another'], 'the old secret stays valid for what is on its way')

  Object.assign(workspace.webhooks[0], { is_auto_disabled: true })
  t.match(await connect('--yes', '--skip-public-check'), { code: 0, out: /call end webhook: switched off → on, with retries/ })
  t.strictSame(workspace.faults, [])
})

t.test('a custom LLM, a number, and the whole workspace', async (t) => {
  const { fake, env, connect, disconnect } = await setup(t, { OPENCLAW_API_KEY: 'an-openclaw-token', TWILIO_ACCOUNT_SID: 'AC0001', TWILIO_AUTH_TOKEN: 'a-twilio-token' })
  const { workspace } = fake

  const ended = await connect('--yes', '--skip-public-check', '--workspace', '--no-data-collection', '--custom-llm', 'https://claw.example/v1', '--phone-number', '+15550100001')

  t.equal(ended.code, 0, ended.err)
  t.notMatch(ended.out + ended.err, /an-openclaw-token|a-twilio-token/)
  const { conversation_config: { agent }, platform_settings: platform } = agentOf(fake)
  t.match(agent.prompt, { llm: 'custom-llm', custom_llm: { url: 'https://claw.example/v1', model_id: 'openclaw/phone', request_headers: { 'x-openclaw-session-key': { variable_name: 'session_id' } } } })
  t.match(workspace.secrets.map(({ value }) => value), [HEADER_SECRET, 'an-openclaw-token'])
  t.match(workspace.settings, { conversation_initiation_client_data_webhook: { url: 'https://bridge.example/webhook/personalize' }, webhooks: { post_call_webhook_id: /./ } })
  t.equal(platform.workspace_overrides, undefined)
  t.equal(platform.data_collection, undefined)
  t.match(workspace.numbers, [{ phone_number: '+15550100001', enable_sms: false, assigned_agent: { agent_id: AGENT } }])
  t.strictSame(workspace.faults, [])

  t.equal((await disconnect('--yes')).code, 0)
  t.strictSame([workspace.numbers, workspace.secrets, workspace.webhooks, workspace.tools], [[], [], [], {}])
  const none = { conversation_initiation_client_data_webhook: null, webhooks: { post_call_webhook_id: null } }
  t.match(workspace.settings, none)
  t.equal(agentOf(fake).conversation_config.agent.prompt.custom_llm, null)

  workspace.numbers.push({ phone_number_id: 'phnum_own', phone_number: '+15550100001', label: 'x', provider: 'twilio', assigned_agent: null })
  delete env['TWILIO_AUTH_TOKEN']
  t.equal((await connect('--yes', '--skip-public-check', '--phone-number', '+15550100001')).code, 0, 'a number that is there needs no credentials')
  t.match(workspace.numbers, [{ assigned_agent: { agent_id: AGENT } }])
  await disconnect('--yes')
  t.match(workspace.numbers, [{ phone_number_id: 'phnum_own', assigned_agent: null }])
})

t.test('what it refuses', async (t) => {
  t.test('settings that cannot work', async (t) => {
    for (const [more, message] of [
      [{ WEBHOOK_HEADER_SECRET: '' }, /WEBHOOK_HEADER_SECRET is not set/],
      [{ PUBLIC_BASE_URL: 'http://bridge.example' }, /PUBLIC_BASE_URL is not https/],
      [{ PUBLIC_BASE_URL: 'https://bridge.example.com' }, /PUBLIC_BASE_URL still has its sample value/],
      [{ PUBLIC_BASE_URL: 'https://change-me.example.com' }, /PUBLIC_BASE_URL/]
    ] as const) {
      const { fake, connect } = await setup(t, more)
      t.match(await connect('--yes'), { code: 78, err: message })
      t.strictSame(fake.workspace.writes, [])
    }
  })

  t.test('an agent of another workspace', async (t) => {
    const { connect } = await setup(t, { ELEVENLABS_AGENT_ID: 'agent_of_others' })

    t.match(await connect('--yes'), { code: 1, err: /has no agent agent_of_others: .* It has Front desk \(agent_0001\)/ })
  })

  t.test('a secret in the environment that would win over the new one', async (t) => {
    const { fake, env, connect } = await setup(t)
    env['WEBHOOK_SECRET'] = 'of-the-environment'

    t.match(await connect('--yes'), { code: 1, err: /WEBHOOK_SECRET in the environment is not the one in / })
    t.strictSame(fake.workspace.writes, [])
  })

  t.test('ElevenLabs that cannot be reached, after one clear line', async (t) => {
    const { fake, connect } = await setup(t)
    fake.instead = () => ({ status: 503 })

    const { code, err, waits } = await connect('--yes')

    t.equal(code, 1)
    t.match(err, /^ElevenLabs is not available at the moment \(it responded with 503\)[^\n]*\n$/)
    t.ok(waits!.every((ms) => ms <= 1000))
  })
})

t.test('an interruption ends it between two steps, and the next run goes on', async (t) => {
  const { fake, file, env, connect, disconnect } = await setup(t)
  const interruption = new AbortController()
  fake.instead = (asked) => {
    if (asked === 'POST /v1/convai/tools' && fake.workspace.writes.length > 3) interruption.abort(130)
    return null
  }

  const { err } = await run(t, ['connect', '--settings-file', file, '--yes', '--skip-public-check'], env, '', interruption.signal)

  t.match(err, /Done: made the call end webhook .*\nDone: made the tool recall\.\n(.*\n)?Interrupted after \d steps\. Nothing is half done/)
  t.ok(Object.keys(fake.workspace.tools).length < 4)
  fake.instead = () => null
  t.equal((await connect('--yes', '--skip-public-check')).code, 0)
  t.equal(Object.keys(fake.workspace.tools).length, 4)
  t.equal(fake.workspace.webhooks.length, 1)
  t.equal((await disconnect('--yes')).code, 0)
  t.strictSame(fake.workspace.tools, {})
})

t.test('disconnect asks, too', async (t) => {
  const { fake, connect, disconnect } = await setup(t)
  await connect('--yes', '--skip-public-check')
  const writes = fake.workspace.writes.length

  t.match(await disconnect(), { code: 1, err: /give --yes/ })
  t.match(await disconnect('--dry-run'), { code: 3, out: /^agent agent_0001: platform_settings\.overrides\.enable_conversation_initiation_client_data_from_webhook as before\n/ })
  t.equal(fake.workspace.writes.length, writes)
})
