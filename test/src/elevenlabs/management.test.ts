import t, { type Test } from 'tap'
import { createElevenLabs, type ElevenLabs } from '../../../src/elevenlabs/management.ts'
import { TOOLS, toolRequest } from '../../../src/tools/definitions.ts'
import { requestFaults } from '../../elevenlabs-spec.ts'
import { fakeElevenLabs, type FakeElevenLabs } from '../../fake-elevenlabs.ts'
import { fakeBranch } from '../../fake-workspace.ts'
import { AGENT } from '../../helper.ts'

async function client (t: Test): Promise<{ fake: FakeElevenLabs, api: ElevenLabs, abort: AbortController }> {
  const fake = await fakeElevenLabs(t)
  const abort = new AbortController()
  return { fake, api: createElevenLabs(fake.context, abort.signal), abort }
}

t.test('an agent with its branches, and what is changed in it', async (t) => {
  const { fake, api } = await client(t)
  fake.workspace.agents[AGENT]!.branches.push({ ...fakeBranch('branch_2', 'Trial', 0), isProtected: true })

  t.strictSame(await api.agents(), [{ id: AGENT, name: 'Front desk' }])
  t.strictSame(await api.branches(AGENT), [
    { id: `${AGENT}_main`, name: 'Main', livePercentage: 100, isProtected: false },
    { id: 'branch_2', name: 'Trial', livePercentage: 0, isProtected: true }
  ])
  await api.updateAgent(AGENT, `${AGENT}_main`, { platform_settings: { overrides: { enable_conversation_initiation_client_data_from_webhook: true } }, version_description: 'On' })
  t.match(await api.agent(AGENT), {
    agent_id: AGENT,
    platform_settings: {
      overrides: { enable_conversation_initiation_client_data_from_webhook: true, custom_llm_extra_body: false }
    }
  })
  t.match(await api.agent(AGENT, 'branch_2'), { branch_id: 'branch_2', platform_settings: { overrides: { enable_conversation_initiation_client_data_from_webhook: false } } })
  await t.rejects(api.updateAgent(AGENT, 'branch_2', {}), { code: 'BRIDGE_ELEVENLABS_REFUSED', message: /does not allow PATCH .* \(403: The branch is protected\)/ })
  t.equal(await api.agent('agent_of_others'), null)
  t.strictSame(await api.branches('agent_of_others'), [])
  t.strictSame(await api.procedures(AGENT, 'branch_2'), [])
  t.strictSame(fake.workspace.faults, [])
})

t.test('webhooks, secrets, tools and numbers: made, read, changed, deleted', async (t) => {
  const { fake, api } = await client(t)

  const { id: webhook, secret } = await api.createWebhook({ name: 'bridge', url: 'https://bridge.example/webhook/post-call' })
  t.match(secret, /^wsec_/)
  await api.enableWebhook(webhook, 'bridge')
  t.equal(fake.workspace.webhooks[0].retry_enabled, true)
  t.strictSame(await api.webhooks(), [{
    id: webhook, name: 'bridge', url: 'https://bridge.example/webhook/post-call', authType: 'hmac', isDisabled: false, isAutoDisabled: false, lastFailure: null, usages: []
  }])
  const failure = { most_recent_failure_error_code: 401, most_recent_failure_timestamp: 7 }
  Object.assign(fake.workspace.webhooks[0], failure, { is_auto_disabled: true })
  t.match(await api.webhooks(), [{ lastFailure: { status: 401, atSeconds: 7 }, isAutoDisabled: true }])

  const headerId = await api.createSecret('header', 'a-secret-value')
  await api.updateSecret(headerId, 'header', 'another-value')
  t.strictSame(await api.secrets(), [{ id: headerId, name: 'header' }])
  t.match(fake.workspace.secrets, [{ value: 'another-value' }])

  const tools = await Promise.all(TOOLS.map((tool) => api.createTool(toolRequest(tool, 'https://bridge.example'))))
  await api.updateTool(tools[0]!, toolRequest(TOOLS[0]!, 'https://other.example'))
  t.match((await api.tools()).map(({ config }) => config['name']), ['recall', 'remember', 'correct', 'forget'])
  t.match(await api.tool(tools[0]!), { config: { api_schema: { url: 'https://other.example/tools/recall' } } })
  fake.workspace.executions[tools[0]!] = [
    { tool_id: tools[0], id: 'e', tool_request_id: 'r', conversation_id: 'conv_1', agent_id: AGENT, timestamp: 50, latency_secs: 0.2, is_error: true, error_type: 'customer_auth' }
  ]
  t.strictSame(await api.toolExecutions(tools[0]!, 50), [
    { isError: true, errorType: 'customer_auth' }
  ])
  t.strictSame(await api.toolExecutions(tools[0]!, 51), [])

  const number = await api.importTwilioNumber('+15550100001', AGENT, { sid: 'AC1', token: 'twilio-token', acceptsSms: false })
  t.strictSame(await api.phoneNumbers(), [{ id: number, number: '+15550100001', agentId: AGENT, branchId: null }])
  t.equal(fake.workspace.numbers[0].enable_sms, false)
  await api.assignNumber(number, null)
  t.match(await api.phoneNumbers(), [{ agentId: null }])

  const deleteAll = () => Promise.all([
    api.delete('number', number), api.delete('tool', tools[0]!), api.delete('secret', headerId), api.delete('webhook', webhook)
  ])
  t.strictSame(await deleteAll(), [true, true, true, true])
  t.strictSame(await deleteAll(), [false, false, false, false])
  t.strictSame(fake.workspace.faults, [], 'and ElevenLabs\' own document knows every request')
})

t.test('lists are read to their last page', async (t) => {
  const { fake, api } = await client(t)
  for (let n = 0; n < 250; n++) fake.workspace.secrets.push({ id: `s${n}`, name: `n${n}`, value: '' })

  t.equal((await api.secrets()).length, 250)
})

t.test('a refusal says what ElevenLabs says, never a secret', async (t) => {
  const { fake, api } = await client(t)
  const instead = (status: number, body: object) => { fake.instead = () => ({ status, body: JSON.stringify(body) }) }

  instead(422, { detail: [{ loc: ['body', 'value'], msg: 'a-secret-value is too short', type: 'value_error' }] })
  await t.rejects(api.createSecret('header', 'a-secret-value'), { message: 'ElevenLabs refuses POST /v1/convai/secrets (422: body.value … is too short)' })
  instead(422, { detail: [{ loc: [], msg: 'bad header plain-secret', type: 'value_error' }] })
  await t.rejects(api.updateSettings({ conversation_initiation_client_data_webhook: { url: 'https://x', request_headers: { 'X-Key': 'plain-secret' } } }), { message: /bad header …\)$/ })
  instead(401, { detail: { status: 'missing_permissions', message: 'The API key is missing the permission convai_write' } })
  await t.rejects(api.settings(), { code: 'BRIDGE_ELEVENLABS_REFUSED', message: /refuses the key \(401: The API key is missing .*\): check ELEVENLABS_API_KEY/ })
  instead(307, {})
  await t.rejects(api.settings(), { message: /redirect \(307\)/ })
  instead(404, {})
  await t.rejects(api.settings(), { message: /does not know \/v1\/convai\/settings \(404\)/ })
  instead(200, { unexpected: true })
  await t.rejects(api.agents(), { message: /not from ElevenLabs' API/ })
  await t.rejects(api.createWebhook({ name: 'a', url: 'b' }), { message: /did not tell its secret/ })
})

t.test('a change is sent once, unless ElevenLabs asks for fewer requests', async (t) => {
  const { fake, api } = await client(t)

  fake.instead = () => ({ status: 500 })
  await t.rejects(api.createSecret('a', 'b'), { code: 'BRIDGE_ELEVENLABS_UNAVAILABLE' })
  t.equal(fake.asked.length, 1, 'it may have taken effect')
  await t.rejects(api.secrets(), { code: 'BRIDGE_ELEVENLABS_UNAVAILABLE' })
  t.equal(fake.asked.length, 3, 'what only reads is repeated')
  fake.instead = () => fake.asked.length < 5 ? { status: 429 } : null
  await api.createSecret('a', 'b')
  t.equal(fake.workspace.secrets.length, 1)
})

t.test('an interruption ends what reads, and waits for a change', async (t) => {
  const { fake, api, abort } = await client(t)
  abort.abort(new Error('interrupted'))

  await t.rejects(api.settings(), { message: 'interrupted' })
  await api.createSecret('a', 'b')
  t.equal(fake.workspace.secrets.length, 1)
})

t.test('the document finds unknown properties, wrong types and minimums', (t) => {
  const tool = toolRequest(TOOLS[0]!, 'https://bridge.example')
  const faults = (change: object) => requestFaults('POST', '/v1/convai/tools', { tool_config: { ...tool.tool_config, ...change } }).join()

  t.equal(faults({}), '')
  t.match(faults({ nickname: 'x' }), /nickname/)
  t.match(faults({ response_timeout_secs: 4 }), /must be >= 5/)
  t.match(faults({ response_timeout_secs: 'soon' }), /must be integer/)
  t.match(requestFaults('PATCH', '/v1/convai/agents/a?branch=b', {}).join(), /unknown parameter branch/)
  t.match(requestFaults('PUT', '/v1/convai/agents/a', {}).join(), /does not exist/)
  t.match(requestFaults('PATCH', '/v1/convai/agents/a', { conversation_config: { agent: { dynamicVariables: {} } } }).join(), /dynamicVariables/)
  t.end()
})
