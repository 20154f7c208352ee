/** `simulate` against a bridge in this process, over HTTP. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { FICTIONAL_NUMBER } from '../../../src/simulate/simulate.ts'
import { freePort } from '../../free-port.ts'
import { ADMIN_KEY, testEnv, WEBHOOK_SECRET } from '../../helper.ts'
import { startModel } from '../../scripted-model.ts'
import { run, serve } from './command.ts'

const HEADER_SECRET = 'a-header-secret-for-tests'

/** A bridge, the settings that reach it, and a look at its admin API. */
async function bridge (t: Test, settings: Record<string, string> = {}) {
  const env = testEnv(t, { WEBHOOK_HEADER_SECRET: HEADER_SECRET, LEARN_TIMEOUT_MS: '600000', ...settings })
  const { port } = await serve(t, env)
  const admin = async (method: string, path: string, body?: object) => {
    const response = await fetch(`http://127.0.0.1:${port}/api${path}`, {
      method, headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    return await response.json() as Record<string, unknown>
  }
  const isKnown = async (phone: string) => (await admin('POST', '/callers/lookup', { phone }))['known']
  const reaching: typeof env = { ...env, PORT: String(port) }
  return { env: reaching, port, admin, isKnown }
}

t.test('on one bridge', async (t) => {
  const { env, admin, isKnown } = await bridge(t, { OWN_NUMBERS: '+15550100001' })

  t.test('plays a call, shows everything but secrets, and leaves nobody behind', async (t) => {
    const { code, out, err } = await run(t, ['simulate'], env)

    t.equal(code, 0, err)
    for (const shown of [
      `who is calling: ${FICTIONAL_NUMBER}.`, 'caller_name: there', 'call_count: 1', 'Agent “Hello there, how can I help?”',
      '┃ The caller\'s name is not known. This is call number 1.', 'The bridge takes it: closed', 'Nothing is left to be learnt',
      'summary: The caller asked to leave parcels', 'The caller is erased again.', 'All of it worked.'
    ]) t.match(out, shown)
    t.match(out, /✓ The bridge responds \(\d+ ms\)/)
    for (const secret of [ADMIN_KEY, WEBHOOK_SECRET, HEADER_SECRET]) t.notMatch(out + err, secret)
    t.equal(await isKnown(FICTIONAL_NUMBER), false)
    t.match(await admin('GET', '/status'), { calls: { starts: 0, ends: 0 } }, 'it does not look like a call of ElevenLabs')

    t.match(await run(t, ['simulate', '--keep'], env), { code: 0, out: /The caller is kept\./ })
    t.equal(await isKnown(FICTIONAL_NUMBER), true)
    t.match(await run(t, ['simulate'], env), { code: 0, out: /This is call number 2\./ })
    t.equal(await isKnown(FICTIONAL_NUMBER), false, 'nobody has this number')
  })

  t.test('a caller who was known before is not erased', async (t) => {
    const phone = '+15550177123'
    t.match(await run(t, ['simulate', '--from', phone, '--to', '+15550100001'], env), { code: 0, out: /erased again/ })
    t.equal(await isKnown(phone), false)
    const { phone_hash: hash } = await admin('POST', '/callers/lookup', { phone })
    await admin('POST', `/memory/${String(hash)}`, { fact: 'Grows orchids' })

    t.match(await run(t, ['simulate', '--from', phone], env), { code: 0, out: /┃ - Grows orchids[^]*The caller is kept\./ })

    t.match(await admin('GET', `/memory/${String(hash)}`), { facts: [{ text: 'Grows orchids' }], calls: { length: 1 } })
  })

  t.test('tools are called with the token of the call start', async (t) => {
    const file = join(t.testdir({}), 'tools.yaml')
    writeFileSync(file, '- caller: I like tea.\n- tool: remember\n  body: { fact: Likes tea }\n- tool: recall\n  body: { query: tea }\n- tool: nonsense\n')

    const { code, out, err } = await run(t, ['simulate', '--transcript', file], env)

    t.equal(code, 1, 'one of them does not exist')
    t.match(out, /calls the tool remember\n[^]*?✓ The bridge responds[^]*calls the tool recall\n[^]*?To speak from “[^”]*Likes tea”[^]*calls the tool nonsense\n[^]*?✗ The bridge responds[^]*?404/)
    t.match(out, /fact: Likes tea \(tool\)/)
    t.match(out, 'secret__caller_token: (secret)')
    t.notMatch(out + err, /eyJ/, 'the token is not printed')
  })

  t.test('withheld numbers, other agents and own numbers', async (t) => {
    t.match(await run(t, ['simulate', '--withheld'], env), { code: 0, out: /the caller has no phone number/ })
    t.match(await run(t, ['simulate', '--agent', 'another'], env), { code: 0, out: /not in ELEVENLABS_AGENT_ID/ })
    t.match(await run(t, ['simulate', '--from', '+15550100001'], env), { code: 1, out: /✗ The number is a caller's, not one of your own/ })
    t.match(await admin('GET', '/callers'), { callers: { length: 1 } }, 'there is only the one from before')
  })

  t.test('what does not work is said, and ends with 1', async (t) => {
    const { code, out } = await run(t, ['simulate'], { ...env, WEBHOOK_HEADER_SECRET: 'another-header-secret' })
    t.equal(code, 1)
    t.match(out, /✗ The bridge responds \(\d+ ms\) \(failed\)\n +401: The secret in X-Webhook-Secret/)
    t.match(await run(t, ['simulate'], { ...env, WEBHOOK_SECRET: 'another-webhook-secret' }), { code: 1, out: /✗ The bridge takes it[^]*401: No signature/ })
    t.equal(await isKnown(FICTIONAL_NUMBER), false, 'erased all the same')
    t.match(await run(t, ['simulate'], { ...env, PORT: String(await freePort()) }), { code: 1, out: /No response: the connection failed, ECONNREFUSED/ })
    t.match(await run(t, ['simulate', '--public'], { ...env, PUBLIC_BASE_URL: `http://127.0.0.1:${await freePort()}/` }), { code: 1, out: /ECONNREFUSED/ })
  })
})

t.test('what the model learns is waited for and shown', async (t) => {
  const model = await startModel(t, [{
    answer: { operations: [{ op: 'add', fact_id: null, text: 'Wants tea', category: 'preference', confidence: 0.95, turns: [2] }], caller_name: { value: 'Otto', confidence: 0.95, turns: [2] }, language: null, open_items: [] }
  }])
  const { env } = await bridge(t, { LEARN_FROM_TRANSCRIPT: 'true', OPENCLAW_API_BASE_URL: model.url })
  const file = join(t.testdirName, 'call.yaml')
  writeFileSync(file, '- agent: Hello\n- caller: This is Otto. I want tea.\n')

  const { code, out } = await run(t, ['simulate', '--transcript', file], env)

  t.equal(code, 0)
  t.match(out, /Caller “This is Otto\. I want tea\.”[^]*name: Otto\n +fact: Wants tea \(call\)/)
})

t.test('wrong arguments and settings say what to do', async (t) => {
  const env = testEnv(t, { PORT: '8000' })
  const file = join(t.testdirName, 'call.yaml')
  writeFileSync(file, 'turns: 1')
  const cases: Array<[args: string[], settings: Record<string, string>, err: RegExp]> = [
    [['--from', '+15550100123', '--withheld'], {}, /not both/],
    [[], { ADMIN_API_KEY: '' }, /Set ADMIN_API_KEY/],
    [[], { PORT: '0' }, /Set PORT/],
    [['--transcript', `${file}.none`], {}, /cannot be read \(ENOENT/],
    [['--transcript', file], {}, /cannot be used: it has no list of turns/]
  ]
  for (const [args, settings, err] of cases) t.match(await run(t, ['simulate', ...args], { ...env, ...settings }), { code: 1, err })
})
