import { createHash } from 'node:crypto'
import t from 'tap'
import { learnOwnNumber } from '../../../src/calls/own-numbers.ts'
import { call, fact, record } from '../../src/prompt/samples.ts'
import { NOW, operator } from './client.ts'

const NUMBER = '+15550100123'
const hashOf = (number: string) => createHash('sha256').update(number).digest('hex')
const HASHES = ['0', '1', 'a', 'ab', 'f'].map((digit) => digit.padEnd(64, digit.at(-1)))

t.test('GET /api/callers', async (t) => {
  async function withCallers (t: Parameters<typeof operator>[0]) {
    const { app, ask } = await operator(t)
    for (const hash of HASHES.toReversed()) {
      await app.store.update(
        hash,
        (caller) => ({ caller: { ...caller, record: record({ phone_hash: hash }) }, result: null })
      )
    }
    return { app, ask }
  }
  const hashesIn = (body: { callers: Array<{ phone_hash: string }> }) =>
    body.callers.map(({ phone_hash: hash }) => hash)

  t.test('pages through all of them by phone hash, each once', async (t) => {
    const { ask } = await withCallers(t)

    const first = (await ask('GET', '/callers?limit=2')).body
    const second = (await ask('GET', `/callers?limit=2&after=${first.next}`)).body
    const third = (await ask('GET', `/callers?limit=2&after=${second.next}`)).body

    t.strictSame([first, second, third].flatMap(hashesIn), HASHES)
    t.strictSame([first, second, third].map(({ callers }) => callers.length), [2, 2, 1])
    t.equal(third.next, null)
  })

  t.test('ends with null on a page that is exactly full, and without callers', async (t) => {
    const { ask } = await withCallers(t)
    t.equal((await ask('GET', `/callers?limit=${HASHES.length}`)).body.next, null)
    t.strictSame((await ask('GET', `/callers?after=${'f'.repeat(64)}`)).body, { callers: [], next: null })
    t.strictSame(hashesIn((await ask('GET', '/callers')).body), HASHES)
  })

  t.test('says of each what matters in a list', async (t) => {
    const { app, ask } = await operator(t)
    await app.store.update(HASHES[0]!, (caller) => ({
      caller: {
        ...caller,
        record: record({
          phone_hash: HASHES[0]!, caller_name: 'Dana', language: 'en', call_count: 7, calls: [call(7, 'a summary')], facts: [fact('one'), fact('over', { expires_at: NOW })]
        })
      },
      result: null
    }))
    await ask('PATCH', `/memory/${HASHES[1]}`, { remember: false })

    t.strictSame(await ask('GET', '/callers'), {
      status: 200,
      body: {
        callers: [
          { phone_hash: HASHES[0], remember: true, caller_name: 'Dana', language: 'en', call_count: 7, total_facts: 1, pending_facts: 0, forget_wishes: 0, first_seen: NOW, last_seen: NOW },
          {
            phone_hash: HASHES[1],
            remember: false,
            caller_name: null,
            language: null,
            call_count: 0,
            total_facts: 0,
            pending_facts: 0,
            forget_wishes: 0,
            first_seen: null,
            last_seen: null
          }
        ],
        next: null
      }
    })
  })

  t.test('refuses pages that are none', async (t) => {
    const { ask } = await operator(t)
    for (const [query, message] of [['limit=0', /querystring\/limit .*1 to 200/], ['limit=201', /1 to 200/], ['limit=many', /1 to 200/], ['after=x', /querystring\/after .*`next` of the page before/], ['page=2', /\(page\)/]] as const) {
      t.match(await ask('GET', `/callers?${query}`), { status: 400, body: { code: 'BRIDGE_REQUEST_INVALID', message } }, query)
    }
  })
})

t.test('POST /api/callers/lookup', async (t) => {
  t.test('turns a number into its key, however it is spelt, and stores nothing', async (t) => {
    const { app, ask } = await operator(t, { DEFAULT_COUNTRY: 'US' })
    for (const phone of [NUMBER, ' +1 (555) 010-0123 ', '555-010-0123']) {
      t.strictSame(await ask('POST', '/callers/lookup', { phone }), { status: 200, body: { phone_hash: hashOf(NUMBER), known: false, own_number: false } }, phone)
    }
    t.strictSame((await ask('GET', '/callers')).body.callers, [])
    t.notMatch(JSON.stringify(app.lines), /5550100123/)
  })

  t.test('says whether somebody is known, by record or opt-out', async (t) => {
    const { ask } = await operator(t)
    await ask('POST', `/memory/${hashOf(NUMBER)}`, { fact: 'x' })
    await ask('PATCH', `/memory/${hashOf('+15550100124')}`, { remember: false })

    t.match((await ask('POST', '/callers/lookup', { phone: NUMBER })).body, { known: true })
    t.match((await ask('POST', '/callers/lookup', { phone: '+15550100124' })).body, { known: true })
  })

  t.test('says that a number is our own, by setting or as learned', async (t) => {
    const { app, ask } = await operator(t, { OWN_NUMBERS: '+15550100001' })
    await learnOwnNumber(app.store, hashOf('+15550100002'))

    t.match((await ask('POST', '/callers/lookup', { phone: '+15550100001' })).body, { own_number: true })
    t.match((await ask('POST', '/callers/lookup', { phone: '+15550100002' })).body, { own_number: true })
    t.match((await ask('POST', '/callers/lookup', { phone: '+15550100003' })).body, { own_number: false })
  })

  t.test('refuses what is no number, without repeating it', async (t) => {
    const { ask } = await operator(t)
    for (const phone of ['anonymous', 'client:dana', '5550100123', 'hello', '+1555']) {
      const { status, body } = await ask('POST', '/callers/lookup', { phone })
      t.strictSame([status, body.code], [400, 'BRIDGE_PHONE_UNREADABLE'], phone)
      t.match(body.message, /The number cannot be read as a phone number \(\w+\): give it with \+ and country code/)
      t.notOk(body.message.includes(phone) && /\d/.test(phone))
    }
    for (const [body, message] of [[{}, /'phone'/], [{ phone: 5 }, /body\/phone/], [{ phone: '' }, /best with \+/], [{ number: NUMBER }, /phone/], [{ phone: NUMBER, x: 1 }, /\(x\)/]] as const) {
      t.match(await ask('POST', '/callers/lookup', body), { status: 400, body: { code: 'BRIDGE_REQUEST_INVALID', message } }, JSON.stringify(body))
    }
  })
})
