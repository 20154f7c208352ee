import t from 'tap'
import type { Branch } from '../../../src/elevenlabs/management.ts'
import { checkAgent, type AgentFacts } from '../../../src/doctor/agent-check.ts'
import { fingerprint } from '../../../src/secrets.ts'
import { broken } from './doctor.ts'

const branch = (name: string, livePercentage: number): Branch =>
  ({ id: name, name, livePercentage, isProtected: false })

interface Setup {
  url?: string
  headers?: object | null
  fetches?: boolean
  allows?: object
  firstMessage?: string
}

function configOf ({
  url = 'https://bridge.example/webhook/personalize',
  headers = { 'X-Webhook-Secret': { secret_id: 'sec1' } },
  fetches = true,
  allows = { agent: { first_message: true, prompt: { prompt: true } } },
  firstMessage = 'Hello'
}: Setup = {}) {
  const webhook = headers === null ? null : { url, request_headers: headers }
  return {
    conversation_config: { agent: { first_message: firstMessage } },
    platform_settings: {
      overrides: {
        enable_conversation_initiation_client_data_from_webhook: fetches, conversation_config_override: allows
      },
      workspace_overrides: { conversation_initiation_client_data_webhook: webhook }
    }
  }
}

const GOOD: AgentFacts = {
  id: 'agent_1',
  name: 'Front desk',
  branch: branch('Main', 100),
  otherTraffic: [],
  config: configOf(),
  settings: {},
  numbers: ['+15550100001'],
  overrides: ['prompt', 'first_message'],
  publicUrl: 'https://bridge.example',
  headerSecrets: ['the-header-secret'],
  made: []
}

t.test('a good agent has nothing to look at', async (t) => {
  t.strictSame(checkAgent(GOOD).map(({ check, level }) => [check, level]), [
    ['number', 'ok'], ['fetch at call start', 'ok'], ['call start webhook', 'ok'], ['overrides', 'ok']
  ])
  t.match(checkAgent(GOOD).at(-1), { message: 'Front desk allows the override of the system prompt and the override of the first message.' })
  const shared = { settings: fieldsOfWorkspace(), config: configOf({ headers: null }) }
  t.strictSame(broken(checkAgent({ ...GOOD, ...shared })), [], 'the webhook of the workspace counts, too')
  t.strictSame(broken(checkAgent({ ...GOOD, overrides: [], config: configOf({ allows: {} }) })), [])
})

function fieldsOfWorkspace () {
  return { conversation_initiation_client_data_webhook: { url: 'https://bridge.example/webhook/personalize', request_headers: { authorization: { secret_id: 'sec1' } } } }
}

t.test('finds', async (t) => {
  const cases: Array<[what: string, change: Partial<AgentFacts>, found: string[]]> = [
    ['traffic elsewhere', { otherTraffic: [branch('Test', 20)] }, ['warning agent: Front desk has 20 % of its traffic on the branch Test, which was not looked at (Main was).']],
    ['no number', { numbers: [] }, ['warning number: No number of the workspace is assigned to Front desk.']],
    ['the switch that is off', { config: configOf({ fetches: false }) }, ['failure fetch at call start: Front desk never asks the bridge: "Fetch conversation initiation data" is off.']],
    ['no webhook', { config: configOf({ headers: null }) }, ['failure call start webhook: Neither Front desk nor the workspace has one.']],
    ['another address', { config: configOf({ url: 'https://old.example/webhook/personalize' }) }, ['failure call start webhook: Its address is not https://bridge.example/webhook/personalize.']],
    ['a space behind the address', { config: configOf({ url: 'https://bridge.example/webhook/personalize ' }) }, ['failure call start webhook: Its address has spaces around it.']],
    ['no secret', { config: configOf({ headers: {} }) }, ['failure call start webhook: It sends no header X-Webhook-Secret: it is refused.']],
    ['a secret that can be read', { config: configOf({ headers: { Authorization: 'Bearer the-header-secret' } }) }, ['warning call start webhook: Its secret is right, but everybody in the workspace can read it.']],
    ['a wrong secret', { config: configOf({ headers: { 'x-webhook-secret': 'another' } }) }, ['failure call start webhook: Its secret is not that of the bridge: it is refused.']],
    ['overrides that are off', { config: configOf({ allows: { agent: { first_message: false, prompt: {} } } }) }, [
      'failure overrides: Front desk does not allow the override of the system prompt: calls can fail.',
      'failure overrides: Front desk does not allow the override of the first message: calls can fail.'
    ]],
    ['a mute agent', { config: configOf({ firstMessage: '' }), overrides: ['prompt'] }, ['warning first message: Front desk has no first message: it says nothing until the caller speaks.']]
  ]
  for (const [what, change, found] of cases) t.strictSame(broken(checkAgent({ ...GOOD, ...change })), found, what)
})

t.test('a stored secret is known by its fingerprint', async (t) => {
  const found = (secret: string) => checkAgent({
    ...GOOD, made: [{ kind: 'secret', id: 'sec1', name: 'x', fingerprint: fingerprint(secret), is_ready: true }]
  }).filter(({ check }) => check === 'call start webhook').map(({ level, message }) => [level, message])

  t.strictSame(found('the-header-secret'), [['ok', 'Its address and its secret are right.']])
  t.strictSame(found('an-earlier-secret'), [['failure', 'Its secret is an earlier one of the bridge: it is refused.']])
})

t.test('a finding has no secret in it', async (t) => {
  const found = checkAgent({ ...GOOD, config: configOf({ headers: { 'x-webhook-secret': 'their-secret' } }) })
  t.notMatch(JSON.stringify(found), /the-header-secret|their-secret/)
})
