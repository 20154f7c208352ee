/** The whole story with a marked number and marked secrets, which must turn up in no log line and no stored byte. */
import t from 'tap'
import { signatureHeader } from '../src/simulate/elevenlabs.ts'
import { ADMIN_KEY, AGENT, build, WEBHOOK_SECRET } from './helper.ts'
import { filesUnder } from './stored.ts'

const NATIONAL = '5550177123'
const NUMBER = `+1${NATIONAL}`
const SPOKEN = 'a-marked-sentence-from-the-phone'
const KEYS = { elevenlabs: 'marked-elevenlabs-key', hash: 'marked-phone-hash-key', header: 'marked-header-secret-x' }

t.test('neither the number, nor a secret, nor caller text at info level leaks anywhere', async (t) => {
  const app = await build(t, {
    LOG_LEVEL: 'trace',
    ELEVENLABS_API_KEY: KEYS.elevenlabs,
    PHONE_HASH_KEY: KEYS.hash,
    WEBHOOK_HEADER_SECRET: KEYS.header
  })
  const admin = { authorization: `Bearer ${ADMIN_KEY}` }
  const nowSeconds = Math.floor(Date.now() / 1000)
  const ring = (callerId: string, id: string, headers = { 'x-webhook-secret': KEYS.header }) => app.inject({
    method: 'POST', url: '/webhook/personalize', headers, payload: { caller_id: callerId, called_number: '+15550100001', agent_id: AGENT, conversation_id: id, call_sid: `sip-${NUMBER.slice(1)}-${id}@10.0.0.1` }
  })
  const report = async (id: string, secret = WEBHOOK_SECRET) => {
    const payload = JSON.stringify({
      type: 'post_call_transcription',
      event_timestamp: nowSeconds,
      data: {
        agent_id: AGENT,
        conversation_id: id,
        status: 'done',
        transcript: [{ role: 'user', message: `${SPOKEN}, my number is ${NUMBER}` }],
        metadata: {
          start_time_unix_secs: nowSeconds,
          call_duration_secs: 5,
          phone_call: { direction: 'inbound', external_number: NUMBER, agent_number: '+15550100001', call_sid: `sip-${NUMBER.slice(1)}-${id}@10.0.0.1` }
        },
        analysis: { transcript_summary: `Call me at (555) 017-7123, or ${NUMBER}.`, call_summary_title: `About ${NUMBER}` }
      }
    })
    return await app.inject({ method: 'POST', url: '/webhook/post-call', headers: { 'elevenlabs-signature': signatureHeader(payload, secret, nowSeconds) }, payload })
  }

  const { secret__caller_token: token } = (await ring(NUMBER, 'c1')).json().dynamic_variables
  t.equal((await report('c1')).json().outcome, 'closed')
  const { phone_hash: phoneHash } = (await app.inject({ method: 'POST', url: '/api/callers/lookup', headers: admin, payload: { phone: NUMBER } })).json()
  const fact = await app.inject({ method: 'POST', url: `/api/memory/${phoneHash}`, headers: admin, payload: { fact: `${SPOKEN}: reach her at 555-017-7123` } })
  t.equal(fact.statusCode, 200)
  t.equal((await app.inject({ method: 'POST', url: '/api/notes', headers: admin, payload: { note: `${SPOKEN}: ring ${NUMBER}`, phone_hash: phoneHash } })).statusCode, 200)
  t.equal((await ring(NUMBER, 'c2')).json().dynamic_variables.call_count, '2')
  t.equal((await report('c3')).json().outcome, 'added')
  t.equal((await report('c4', 'marked-wrong-secret')).statusCode, 401)
  t.equal((await ring(NUMBER, 'c5', { 'x-webhook-secret': 'marked-wrong-header' })).statusCode, 401)
  t.equal((await app.inject({ url: `/api/memory/${NUMBER}`, headers: admin })).statusCode, 400)
  t.equal((await app.inject({ url: '/api/callers', headers: { authorization: 'Bearer marked-wrong-key' } })).statusCode, 401)
  t.equal((await app.inject({ method: 'POST', url: `/api/memory/${phoneHash}`, headers: admin, payload: `{"fact": ${NUMBER}` })).statusCode, 400)
  t.equal((await app.inject({ method: 'POST', url: '/api/preview', headers: admin, payload: { phone: NUMBER } })).statusCode, 200)
  const folder = app.config.DATA_DIR
  await app.close()

  const log = app.lines.map((line) => JSON.stringify(line)).join('\n')
  const stored = [...await filesUnder(folder)].map(([name, bytes]) => `${name}\n${bytes.toString('latin1')}`).join('\n')
  const secrets = [token, ADMIN_KEY, WEBHOOK_SECRET, ...Object.values(KEYS), 'marked-wrong-secret', 'marked-wrong-header', 'marked-wrong-key']
  t.match(stored, SPOKEN, 'the search looks where the data is')
  t.match(log, 'call start', 'the log was read')
  for (const secret of secrets) {
    t.notOk(log.includes(secret), `the log does not hold ${secret}`)
    t.notOk(stored.includes(secret), `the data does not hold ${secret}`)
  }
  for (const spelling of [NATIONAL, '(555) 017-7123', '555-017-7123']) {
    t.notOk(log.includes(spelling), `the log does not hold ${spelling}`)
    t.notOk(stored.includes(spelling), `the data does not hold ${spelling}`)
  }
  t.notOk(log.includes(phoneHash), 'the log holds no whole phone hash')
  t.notOk(log.includes(SPOKEN), 'the log holds no caller text')
  t.ok(app.lines.every((line) => !('authorization' in line)), 'no header is logged')
})
