import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { StorageUnavailable } from '../../../src/errors.ts'
import { VERSION } from '../../../src/version.ts'
import { DANA, transcription } from '../../fixtures/webhooks.ts'
import { AGENT, WEBHOOK_SECRET } from '../../helper.ts'
import { signatureHeader } from '../../../src/simulate/elevenlabs.ts'
import { NOW, operator } from './client.ts'

const NO_REFUSALS = { requests: 0, last_at: null, last_reason: null }
const QUIET = {
  starts: 0,
  last_start_at: null,
  ends: 0,
  last_end_at: null,
  waiting_since: null,
  without_end: 0,
  foreign_starts: 0,
  last_foreign_start_at: null,
  neutral: [],
  refused: { personalize: NO_REFUSALS, post_call: NO_REFUSALS },
  unrecorded: 0
}
const REACHED = { circuit: 'closed', failing_since: null }
const NO_JOBS = { waiting: 0, waiting_since: null, failed: 0, failed_since: null, is_complete: true }

t.test('GET /api/status', async (t) => {
  t.test('shows a bridge that has seen no call', async (t) => {
    const { ask } = await operator(t)

    t.strictSame(await ask('GET', '/status'), {
      status: 200,
      body: {
        status: 'ok',
        timestamp: NOW,
        version: VERSION,
        started_at: NOW,
        uptime_secs: 0,
        storage: { driver: 'files', is_ready: true },
        calls: QUIET,
        learning: { is_on: false, jobs: NO_JOBS, model: REACHED, elevenlabs: REACHED },
        embeddings: null,
        last_backup_at: null,
        warnings: []
      }
    })
  })

  t.test('shows the requests to the embeddings model, if there is one', async (t) => {
    const { ask } = await operator(t, { OPENCLAW_API_BASE_URL: 'http://127.0.0.1:9/v1', OPENCLAW_API_KEY: 'secret-of-openclaw', EMBEDDINGS_MODEL: 'small' })

    const { body } = await ask('GET', '/status')

    t.strictSame(body.embeddings, { callers_waiting: 0, records: REACHED, questions: REACHED })
    t.notMatch(JSON.stringify(body), /secret-of-openclaw/)
  })

  t.test('shows what came, and what is wrong with it', async (t) => {
    let clock = Date.parse(NOW)
    const { app, ask } = await operator(t, { LEARN_FROM_TRANSCRIPT: 'true', OPENCLAW_API_BASE_URL: 'http://127.0.0.1:9/v1' }, () => new Date(clock))
    const ring = (id: string, agent: string, callerId = DANA, secret = WEBHOOK_SECRET) => app.inject({
      method: 'POST', url: '/webhook/personalize', headers: { 'x-webhook-secret': secret }, payload: { caller_id: callerId, agent_id: agent, conversation_id: id, call_sid: '' }
    })
    mkdirSync(app.config.DATA_DIR, { recursive: true })
    writeFileSync(`${app.config.DATA_DIR}/last-backup`, '')
    utimesSync(`${app.config.DATA_DIR}/last-backup`, new Date('2026-11-20T03:00:00.000Z'), new Date('2026-11-20T03:00:00.000Z'))
    await ring('c1', 'another')
    await ring('c2', 'another')
    await ring('c3', 'another')
    t.match((await ask('GET', '/status')).body.warnings, [{ code: 'foreign_agents_only', remedy: /ELEVENLABS_AGENT_ID/ }])
    await ring('c4', AGENT, 'anonymous')
    t.equal((await ring('c5', AGENT, DANA, 'a wrong secret')).statusCode, 401)
    t.equal((await app.inject({ method: 'POST', url: '/webhook/personalize', payload: {} })).statusCode, 401, 'without any secret, it does not count')
    const payload = JSON.stringify(await transcription())
    const sign = (secret: string) => ({ 'elevenlabs-signature': signatureHeader(payload, secret, Math.floor(clock / 1000)) })
    t.equal((await app.inject({ method: 'POST', url: '/webhook/post-call', headers: sign('a wrong secret'), payload })).statusCode, 401)

    clock += 24 * 3600_000
    const { status, body } = await ask('GET', '/status')

    t.equal(status, 200)
    t.strictSame(body.calls, {
      ...QUIET,
      starts: 1,
      last_start_at: NOW,
      waiting_since: NOW,
      foreign_starts: 3,
      last_foreign_start_at: NOW,
      neutral: [{ outcome: 'foreign-agent', calls: 3 }, { outcome: 'no-number-withheld', calls: 1 }],
      refused: {
        personalize: { requests: 1, last_at: NOW, last_reason: 'The secret in X-Webhook-Secret or Authorization is wrong: compare it with WEBHOOK_HEADER_SECRET, or with WEBHOOK_SECRET if that is not set' },
        post_call: { requests: 1, last_at: NOW, last_reason: 'No signature in ElevenLabs-Signature matches the body: check WEBHOOK_SECRET, and that no proxy changes the body' }
      }
    })
    t.equal(body.last_backup_at, '2026-11-20T03:00:00.000Z')
    t.strictSame(body.warnings.map(({ code }: { code: string }) => code), ['no_call_ends'])
    clock -= 24 * 3600_000

    t.equal((await app.inject({ method: 'POST', url: '/webhook/post-call', headers: sign(WEBHOOK_SECRET), payload })).statusCode, 200)
    const after = (await ask('GET', '/status')).body
    t.match(after.calls, { ends: 1, last_end_at: NOW, waiting_since: null })
    t.match(after, { learning: { is_on: true, jobs: { failed: 0 } }, warnings: [] })
    t.equal(after.learning.jobs.waiting, 1)
    t.type(after.learning.jobs.waiting_since, 'string')
  })

  t.test('responds while the storage cannot be used', async (t) => {
    const { app, ask } = await operator(t)
    t.intercept(app.store, 'check', { value: async () => { throw new StorageUnavailable() } })

    t.match(await ask('GET', '/status'), {
      status: 200,
      body: {
        storage: { driver: 'files', is_ready: false },
        learning: { jobs: null },
        last_backup_at: null,
        warnings: [{ code: 'storage_unavailable' }]
      }
    })
  })

  t.test('has the warnings of the settings, with what to do', async (t) => {
    const { ask } = await operator(t, { WEBHOOK_SECRET: '', HOST: '0.0.0.0' })

    t.strictSame((await ask('GET', '/status')).body.warnings, [{
      code: 'webhooks_open',
      message: 'WEBHOOK_SECRET is not set: /webhook/post-call and /webhook/personalize are open to anyone who reaches 0.0.0.0.',
      remedy: 'Set WEBHOOK_SECRET and restart the bridge.'
    }])
  })
})
