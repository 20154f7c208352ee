import t from 'tap'
import type { Webhook } from '../../../src/elevenlabs/management.ts'
import { checkPostCall, type PostCallFacts } from '../../../src/doctor/post-call-check.ts'
import { fingerprint } from '../../../src/secrets.ts'
import { broken } from './doctor.ts'

const NOW = new Date('2026-11-22T09:30:00.000Z')
const SECONDS = NOW.getTime() / 1000

const webhook = (change: Partial<Webhook> = {}): Webhook => ({
  id: 'wh1',
  name: 'bridge',
  url: 'https://bridge.example/webhook/post-call',
  authType: 'hmac',
  isDisabled: false,
  isAutoDisabled: false,
  lastFailure: null,
  usages: null,
  ...change
})
const selecting = (webhooks: object) => ({ platform_settings: { workspace_overrides: { webhooks } } })
const GOOD: PostCallFacts = {
  name: 'Front desk',
  config: selecting({ post_call_webhook_id: 'wh1', events: ['transcript', 'call_initiation_failure'] }),
  settings: {},
  webhooks: [webhook()],
  publicUrl: 'https://bridge.example',
  secrets: ['wsec_new', 'wsec_old'],
  made: [],
  now: NOW
}

t.test('a good webhook has nothing to look at', async (t) => {
  t.match(checkPostCall(GOOD), [{ level: 'ok', message: /^Front desk reports its calls\./ }])
  t.strictSame(broken(checkPostCall({ ...GOOD, config: {}, settings: { webhooks: { post_call_webhook_id: 'wh1' } } })), [], 'that of the workspace counts, too')
  t.strictSame(broken(checkPostCall({ ...GOOD, webhooks: [webhook({ lastFailure: { status: 500, atSeconds: SECONDS - 86_400 } })] })), [], 'an old failure is over')
})

t.test('finds', async (t) => {
  const cases: Array<[what: string, change: Partial<PostCallFacts>, found: string[]]> = [
    ['none', { config: {}, webhooks: [] }, ['failure: Neither Front desk nor the workspace has one: no call is reported.']],
    ['one that is not selected', { config: {} }, ['failure: There is one for the bridge, but neither Front desk nor the workspace has selected it.']],
    ['one that is gone', { webhooks: [] }, ['failure: The one that Front desk has selected is gone (wh1).']],
    ['another address', { webhooks: [webhook({ url: 'https://old.example/' })] }, ['failure: The address of the one that Front desk has selected is not https://bridge.example/webhook/post-call.']],
    ['a space behind the address', { webhooks: [webhook({ url: 'https://bridge.example/webhook/post-call ' })] }, ['failure: The address of the one that Front desk has selected has spaces around it.']],
    ['one that ElevenLabs switched off', { webhooks: [webhook({ isDisabled: true, isAutoDisabled: true })] }, ['failure: ElevenLabs has switched it off after ten failures in a row.']],
    ['one that is off', { webhooks: [webhook({ isDisabled: true })] }, ['failure: It is switched off.']],
    ['another proof', { webhooks: [webhook({ authType: 'oauth2' })] }, ['failure: It is not signed with HMAC, but oauth2.']],
    ['a failure', { webhooks: [webhook({ lastFailure: { status: 401, atSeconds: SECONDS - 60 } })] }, ['warning: It failed at 2026-11-22T09:29:00.000Z with 401. After ten failures in a row, ElevenLabs can switch it off.']],
    ['no transcripts', { config: selecting({ post_call_webhook_id: 'wh1', events: [] }) }, ['failure: It does not send transcripts, so no call is reported.']],
    ['audio', { config: selecting({ post_call_webhook_id: 'wh1', events: ['transcript', 'audio'] }) }, ['warning: It sends audio, which the bridge throws away.']],
    ['another format', { config: selecting({ post_call_webhook_id: 'wh1', events: ['transcript'], transcript_format: 'opentelemetry' }) }, ['failure: It does not send JSON as the bridge reads it (transcript_format).']]
  ]
  for (const [what, change, found] of cases) {
    t.strictSame(broken(checkPostCall({ ...GOOD, ...change })), found.map((line) => line.replace(':', ' call end webhook:')), what)
  }
})

t.test('knows what connect made', async (t) => {
  const check = (secret: string, isReady = true) => checkPostCall({
    ...GOOD, made: [{ kind: 'webhook', id: 'wh1', name: 'x', fingerprint: fingerprint(secret), is_ready: isReady }]
  })

  t.match(check('wsec_old'), [{ level: 'ok', message: 'Front desk reports its calls. Its secret is right, and connect has turned retries on.' }])
  t.strictSame(broken(check('wsec_lost')), ['failure call end webhook: Its secret is not in WEBHOOK_SECRET: call ends are refused.'])
  t.strictSame(broken(check('wsec_new', false)), ['warning call end webhook: Its retries are not on: a call end that fails is lost.'])
})

t.test('says what a failure means', async (t) => {
  const remedy = (status: number | null) =>
    checkPostCall({ ...GOOD, webhooks: [webhook({ lastFailure: { status, atSeconds: SECONDS } })] })[0]?.remedy
  t.match(remedy(401), /WEBHOOK_SECRET/)
  t.match(remedy(413), /25 MB/)
  t.match(remedy(null), /Read the log/)
})
