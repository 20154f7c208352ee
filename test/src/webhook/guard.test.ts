import type { IncomingHttpHeaders } from 'node:http'
import t from 'tap'
import { examineHeaders, signatureMismatch, webhookSecrets } from '../../../src/webhook/guard.ts'

const NOW = 1792315264
const SECRETS = { signing: ['a-signing-secret'], header: ['a-header-secret'] }
const SIGNATURE = `t=${NOW},v0=${'a'.repeat(64)}`

t.test('webhookSecrets', async (t) => {
  t.test('takes the signing secrets for the header when there are no others', async (t) => {
    t.strictSame(webhookSecrets({ WEBHOOK_SECRET: ['a', 'b'], WEBHOOK_HEADER_SECRET: [] }), { signing: ['a', 'b'], header: ['a', 'b'] })
  })

  t.test('keeps the two apart when the header has its own', async (t) => {
    t.strictSame(webhookSecrets({ WEBHOOK_SECRET: ['a'], WEBHOOK_HEADER_SECRET: ['h'] }), { signing: ['a'], header: ['h'] })
  })
})

t.test('examineHeaders', async (t) => {
  t.test('lets everything in when there is no secret', async (t) => {
    t.equal(examineHeaders({}, { signing: [], header: [] }, true, NOW), 'open')
    t.equal(examineHeaders({ 'elevenlabs-signature': 'junk' }, { signing: [], header: [] }, false, NOW), 'open')
  })

  for (const [what, headers] of [
    ['X-Webhook-Secret', { 'x-webhook-secret': 'a-header-secret' }],
    ['X-Webhook-Secret with blanks around it', { 'x-webhook-secret': ' a-header-secret ' }],
    ['Authorization: Bearer', { authorization: 'Bearer a-header-secret' }],
    ['Authorization: bearer', { authorization: 'bearer a-header-secret' }],
    ['Authorization: BEARER with more blanks', { authorization: ' BEARER   a-header-secret ' }],
    ['either of the two', { 'x-webhook-secret': 'wrong', authorization: 'Bearer a-header-secret' }]
  ] as const) {
    t.test(`takes the secret in ${what}`, async (t) => t.equal(examineHeaders(headers, SECRETS, true, NOW), 'header'))
  }

  for (const [what, headers, message] of [
    ['nothing', {}, /X-Webhook-Secret is missing/],
    ['an empty header', { 'x-webhook-secret': '' }, /X-Webhook-Secret is missing/],
    ['a wrong secret', { 'x-webhook-secret': 'wrong' }, /X-Webhook-Secret or Authorization is wrong/],
    ['the signing secret, which has been replaced', { 'x-webhook-secret': 'a-signing-secret' }, /X-Webhook-Secret or Authorization is wrong/],
    ['the secret twice', { 'x-webhook-secret': ['a-header-secret', 'a-header-secret'] }, /X-Webhook-Secret or Authorization is wrong/],
    ['another scheme', { authorization: 'Basic a-header-secret' }, /X-Webhook-Secret is missing/],
    ['the secret without a scheme', { authorization: 'a-header-secret' }, /X-Webhook-Secret is missing/],
    ['a doubled Bearer', { authorization: 'Bearer Bearer a-header-secret' }, /X-Webhook-Secret or Authorization is wrong/]
  ] as const) {
    t.test(`refuses ${what} at call start`, async (t) => {
      t.throws(() => examineHeaders(headers as IncomingHttpHeaders, SECRETS, true, NOW), { code: 'BRIDGE_WEBHOOK_REFUSED', statusCode: 401, message })
    })
  }

  for (const [what, headers, message] of [
    ['no signature', {}, /ElevenLabs-Signature is missing/],
    ['a static header', { 'x-webhook-secret': 'a-signing-secret', authorization: 'Bearer a-header-secret' }, /ElevenLabs-Signature is missing/],
    ['a malformed signature', { 'elevenlabs-signature': 't=1' }, /malformed/],
    ['two signatures', { 'elevenlabs-signature': [SIGNATURE, SIGNATURE] }, /malformed/],
    ['an old signature', { 'elevenlabs-signature': SIGNATURE.replace(String(NOW), String(NOW - 1801)) }, /timestamp .* 30 minutes/],
    ['a future signature', { 'elevenlabs-signature': SIGNATURE.replace(String(NOW), String(NOW + 1801)) }, /timestamp .* 30 minutes/]
  ] as const) {
    t.test(`refuses ${what} at call end`, async (t) => {
      t.throws(() => examineHeaders(headers as IncomingHttpHeaders, SECRETS, false, NOW), { code: 'BRIDGE_WEBHOOK_REFUSED', statusCode: 401, message })
    })
  }

  t.test('leaves a fresh signature to the body', async (t) => {
    for (const acceptsHeader of [true, false]) {
      const proof = examineHeaders({ 'elevenlabs-signature': SIGNATURE }, SECRETS, acceptsHeader, NOW)
      t.equal(typeof proof === 'object' && proof.matches(), false)
    }
  })
})

t.test('signatureMismatch says where to look', async (t) => {
  t.match(signatureMismatch(false).message, /WEBHOOK_SECRET/)
  t.match(signatureMismatch(true).message, /X-Webhook-Secret/)
})
