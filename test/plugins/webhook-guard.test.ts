import t from 'tap'
import { MAX_WRONG_SECRETS } from '../../plugins/webhook-guard.ts'
import { PROBE_AGENT } from '../../src/status/call-watch.ts'
import { DANA, DANA_HASH, initiationFailure, sign, testClock, transcription } from '../fixtures/webhooks.ts'
import { AGENT, WEBHOOK_SECRET, build } from '../helper.ts'

const HEADER_SECRET = 'a-header-secret-for-tests'
const RING = JSON.stringify({ agent_id: AGENT, caller_id: DANA })
const clock = testClock('2026-10-18T09:21:04.000Z')
const { now } = clock

type App = Awaited<ReturnType<typeof build>>

async function post (app: App, path: string, headers: Record<string, string>, payload: string | Buffer) {
  return await app.inject({ method: 'POST', url: `/webhook/${path}`, headers, payload })
}

t.test('the webhook guard without WEBHOOK_SECRET', async (t) => {
  t.test('is open for both webhooks, and takes no request for signed', async (t) => {
    const app = await build(t, { WEBHOOK_SECRET: '' }, { now })
    const body = JSON.stringify(await transcription())

    t.equal((await post(app, 'personalize', {}, RING)).statusCode, 200)
    t.equal((await post(app, 'post-call', { 'elevenlabs-signature': sign(body, now()) }, body)).json().outcome, 'added')
    t.equal(await app.store.loadDocument('own-numbers'), null)
  })

  t.test('still asks for a header secret of its own at ring', async (t) => {
    const app = await build(t, { WEBHOOK_SECRET: '', WEBHOOK_HEADER_SECRET: HEADER_SECRET }, { now })

    t.equal((await post(app, 'personalize', {}, RING)).statusCode, 401)
    t.equal((await post(app, 'personalize', { 'x-webhook-secret': HEADER_SECRET }, RING)).statusCode, 200)
  })
})

t.test('the webhook guard at ring', async (t) => {
  const cases: Array<[string, Record<string, string>, number]> = [
    ['lets X-Webhook-Secret in', { 'x-webhook-secret': WEBHOOK_SECRET }, 200],
    ['lets Authorization: Bearer in', { authorization: `Bearer ${WEBHOOK_SECRET}` }, 200],
    ['lets authorization: bearer in', { authorization: `bearer ${WEBHOOK_SECRET}` }, 200],
    ['lets a signature in', { 'elevenlabs-signature': sign(RING, now()) }, 200],
    ['lets a signature in beside a wrong header', { 'x-webhook-secret': 'wrong', 'elevenlabs-signature': sign(RING, now()) }, 200],
    ['refuses no secret', {}, 401],
    ['refuses a wrong secret', { 'x-webhook-secret': `${WEBHOOK_SECRET}x` }, 401],
    ['refuses a wrong Bearer', { authorization: 'Bearer wrong' }, 401],
    ['refuses the signature of another body', { 'elevenlabs-signature': sign('{}', now()) }, 401]
  ]
  for (const [says, headers, status] of cases) {
    t.test(says, async (t) => {
      const app = await build(t, {}, { now })
      t.equal((await post(app, 'personalize', headers, RING)).statusCode, status)
    })
  }

  t.test('takes any of several secrets', async (t) => {
    const app = await build(t, { WEBHOOK_SECRET: `the-next-webhook-secret,, ${WEBHOOK_SECRET} ,` }, { now })

    for (const secret of ['the-next-webhook-secret', WEBHOOK_SECRET]) {
      t.equal((await post(app, 'personalize', { 'x-webhook-secret': secret }, RING)).statusCode, 200)
    }
    t.equal((await post(app, 'personalize', { 'x-webhook-secret': `the-next-webhook-secret,, ${WEBHOOK_SECRET} ,` }, RING)).statusCode, 401)
    t.equal((await post(app, 'personalize', { 'x-webhook-secret': '' }, RING)).statusCode, 401)
  })

  t.test('takes WEBHOOK_HEADER_SECRET in place of WEBHOOK_SECRET', async (t) => {
    const app = await build(t, { WEBHOOK_HEADER_SECRET: HEADER_SECRET }, { now })

    t.equal((await post(app, 'personalize', { 'x-webhook-secret': HEADER_SECRET }, RING)).statusCode, 200)
    t.equal((await post(app, 'personalize', { authorization: `Bearer ${HEADER_SECRET}` }, RING)).statusCode, 200)
    t.equal((await post(app, 'personalize', { 'x-webhook-secret': WEBHOOK_SECRET }, RING)).statusCode, 401)
    t.equal((await post(app, 'personalize', { 'elevenlabs-signature': sign(RING, now(), HEADER_SECRET) }, RING)).statusCode, 401, 'it signs nothing')
  })
})

t.test('guessing a static secret', async (t) => {
  const guess = async (app: App, count: number, headers: Record<string, string> = { 'x-webhook-secret': 'wrong' }) => {
    for (let n = 1; n < count; n++) await post(app, 'personalize', headers, RING)
    return await post(app, 'personalize', headers, RING)
  }

  t.test('is answered 429 from the 61st wrong one a minute on', async (t) => {
    const app = await build(t, {}, { now })

    t.equal((await guess(app, MAX_WRONG_SECRETS)).statusCode, 401)
    const late = await guess(app, 1)
    t.match(late.json(), { statusCode: 429, code: 'BRIDGE_WEBHOOK_THROTTLED', message: /wait \d+ seconds/ })
    t.match(late.headers, { 'retry-after': /^\d+$/ })
    t.equal((await guess(app, 1, { authorization: 'Bearer wrong' })).statusCode, 429, 'in either header')
  })

  t.test('never shuts out the right secret, or a signature', async (t) => {
    const app = await build(t, {}, { now })
    await guess(app, MAX_WRONG_SECRETS + 1)
    const wrong = { 'x-webhook-secret': 'wrong' }

    t.equal((await guess(app, 1, { 'x-webhook-secret': WEBHOOK_SECRET })).statusCode, 200)
    t.equal((await guess(app, 1, { ...wrong, 'elevenlabs-signature': sign(RING, now()) })).statusCode, 200)
    t.equal((await post(app, 'post-call', { 'elevenlabs-signature': sign('{}', now()) }, '{}')).statusCode, 200)
    t.equal((await guess(app, 1, { 'elevenlabs-signature': sign('{}', now()) })).statusCode, 401, 'well formed, and wrong')
    t.equal((await guess(app, 1, {})).statusCode, 401, 'a missing secret is no guess')
  })

  t.test('fills no log: a line a minute, address and reason, with a count', async (t) => {
    const app = await build(t, {}, { now })
    await guess(app, MAX_WRONG_SECRETS)
    await guess(app, 2, {})
    const lines = () => app.lines.filter(({ msg }) => msg === 'a webhook was refused')

    t.match(lines(), [
      { level: 40, address: '127.0.0.1', code: 'BRIDGE_WEBHOOK_REFUSED', reason: /X-Webhook-Secret or Authorization is wrong/, route: '/webhook/personalize' },
      { level: 40, address: '127.0.0.1', reason: /is missing/ }
    ])
    t.equal(lines().length, 2)
    app.strangerLog.flush()
    t.strictSame(lines().slice(2).map(({ repeats }) => repeats), [MAX_WRONG_SECRETS - 1, 1])
  })

  t.test('says nothing of the probes of doctor and connect, but of a wrong secret that calls itself one', async (t) => {
    const app = await build(t, {}, { now })
    const probe = async (headers: Record<string, string>) =>
      (await post(app, 'post-call', { 'user-agent': PROBE_AGENT, ...headers }, '[]')).statusCode
    const lines = () => app.lines.filter(({ msg }) => msg === 'a webhook was refused')

    t.strictSame([await probe({ 'elevenlabs-signature': sign('[]', now()) }), await probe({})], [400, 401])
    t.strictSame(lines(), [])
    t.equal(await probe({ 'elevenlabs-signature': sign('[]', now(), 'another-secret') }), 401)
    t.equal(await guess(app, 1, { 'user-agent': PROBE_AGENT, 'x-webhook-secret': 'wrong' }).then(({ statusCode }) => statusCode), 401)
    t.equal(lines().length, 2)
  })
})

t.test('the webhook guard after the call', async (t) => {
  const good = '{"type":"x"}'
  const at = now()
  const past = (seconds: number) => new Date(at.getTime() - seconds * 1000)
  const cases: Array<[string, Record<string, string>, number, RegExp?]> = [
    ['lets a signature in', { 'elevenlabs-signature': sign(good, at) }, 200],
    ['lets a signature of 30 minutes ago in', { 'elevenlabs-signature': sign(good, past(1800)) }, 200],
    ['lets a signature 30 minutes ahead in', { 'elevenlabs-signature': sign(good, past(-1800)) }, 200],
    ['refuses a signature a second older', { 'elevenlabs-signature': sign(good, past(1801)) }, 401, /timestamp/],
    ['refuses a signature a second further ahead', { 'elevenlabs-signature': sign(good, past(-1801)) }, 401, /timestamp/],
    ['refuses a signature of 10 hours ahead', { 'elevenlabs-signature': sign(good, past(-36_000)) }, 401, /timestamp/],
    ['refuses no signature', {}, 401, /ElevenLabs-Signature is missing/],
    ['refuses a malformed signature', { 'elevenlabs-signature': 't=1,v1=2' }, 401, /malformed/],
    ['refuses a signature made with another secret', { 'elevenlabs-signature': sign(good, at, 'another-secret') }, 401, /matches the body/],
    ['refuses the static header', { 'x-webhook-secret': WEBHOOK_SECRET, authorization: `Bearer ${WEBHOOK_SECRET}` }, 401, /ElevenLabs-Signature is missing/]
  ]
  for (const [says, headers, status, message] of cases) {
    t.test(says, async (t) => {
      const app = await build(t, {}, { now })

      const res = await post(app, 'post-call', headers, good)

      t.equal(res.statusCode, status)
      if (message === undefined) return
      t.match(res.json(), { statusCode: 401, code: 'BRIDGE_WEBHOOK_REFUSED', error: 'Unauthorized', message })
      t.notMatch(`${res.body}${JSON.stringify(res.headers)}${JSON.stringify(app.lines)}`, WEBHOOK_SECRET)
    })
  }

  t.test('takes WEBHOOK_HEADER_SECRET for nothing', async (t) => {
    const app = await build(t, { WEBHOOK_HEADER_SECRET: HEADER_SECRET }, { now })

    t.equal((await post(app, 'post-call', { 'x-webhook-secret': HEADER_SECRET }, good)).statusCode, 401)
    t.equal((await post(app, 'post-call', { 'elevenlabs-signature': sign(good, at, HEADER_SECRET) }, good)).statusCode, 401)
    t.equal((await post(app, 'post-call', { 'elevenlabs-signature': sign(good, at) }, good)).statusCode, 200)
  })

  t.test('accepts a literal vector, and the same request again within the window', async (t) => {
    const body = '{"summary":"Grüße aus Köln 📞"}'
    const headers = { 'elevenlabs-signature': 't=1792315264,v0=29cea025e98770af064edb831e2574aceae5564a7918267e5d32ec0823de00d9' }
    const app = await build(t, { WEBHOOK_SECRET: 'wsec_rotation_test_one,wsec_zweite-gültige' }, { now })

    t.equal((await post(app, 'post-call', headers, body)).statusCode, 200)
    t.equal((await post(app, 'post-call', headers, Buffer.from(body))).statusCode, 200)
    t.equal((await post(app, 'post-call', headers, body.replace('Köln', 'Koln'))).statusCode, 401)
  })

  t.test('stores nothing of a body that does not match', async (t) => {
    const app = await build(t, {}, { now })
    const body = JSON.stringify(await initiationFailure())

    const res = await post(app, 'post-call', { 'elevenlabs-signature': sign(body, at) }, body.replace('busy', 'Busy'))

    t.equal(res.statusCode, 401)
    t.match(await app.store.load(DANA_HASH), { record: null })
  })
})

t.test('the webhook guard reads a body as JSON', async (t) => {
  for (const type of [
    undefined, 'application/json', 'application/json; charset=utf-8', 'application/vnd.api+json', 'text/plain', 'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x', 'application/octet-stream', '', 'garbage', 'a/b/c; =', ';;'
  ]) {
    t.test(`whatever the content type is: ${type}`, async (t) => {
      const app = await build(t, {}, { now })
      const headers = { 'x-webhook-secret': WEBHOOK_SECRET, ...(type === undefined ? {} : { 'content-type': type }) }

      const res = await post(app, 'personalize', headers, Buffer.from(RING))

      t.equal(res.statusCode, 200)
      t.match(await app.store.load(DANA_HASH), { record: { call_count: 1 } })
    })
  }

  t.test('behind a byte order mark, which the signature covers', async (t) => {
    const app = await build(t, {}, { now })
    const body = Buffer.from(`\ufeff${JSON.stringify(await transcription())}`)

    const res = await post(app, 'post-call', { 'elevenlabs-signature': sign(body, now()) }, body)

    t.equal(res.json().outcome, 'added')
  })

  for (const body of ['[]', '[{}]', '"text"', '7', 'true', 'null']) {
    t.test(`and refuses ${body}, which is no object`, async (t) => {
      const app = await build(t, {}, { now })
      const atRing = await post(app, 'personalize', { 'x-webhook-secret': WEBHOOK_SECRET }, body)
      const after = await post(app, 'post-call', { 'elevenlabs-signature': sign(body, now()) }, body)
      for (const res of [atRing, after]) t.match(res.json(), { statusCode: 400, code: 'BRIDGE_BODY_NOT_OBJECT' })
    })
  }

  for (const body of ['', ' ', '{', '{"a":1}}', 'caller_id=%2B15550100123', '\ufeff\ufeff{}', "{'a':1}"]) {
    t.test(`and refuses ${JSON.stringify(body)}, which is no JSON`, async (t) => {
      const app = await build(t, {}, { now })
      const atRing = await post(app, 'personalize', { 'x-webhook-secret': WEBHOOK_SECRET }, body)
      const after = await post(app, 'post-call', { 'elevenlabs-signature': sign(body, now()) }, body)
      for (const res of [atRing, after]) t.match(res.json(), { statusCode: 400, code: 'BRIDGE_BODY_NOT_JSON' })
    })
  }
})
