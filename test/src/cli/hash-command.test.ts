import { existsSync } from 'node:fs'
import t from 'tap'
import { hashPhone } from '../../../src/phone/phone-hash.ts'
import { ADMIN_KEY, testEnv } from '../../helper.ts'
import { fact, filePlace } from '../../stored.ts'
import { run, serve } from './command.ts'

const NUMBER = '+15550100123'
const KEY = 'a-long-phone-hash-key-for-tests'

t.test('prints the hash and nothing else on standard output', async (t) => {
  const env = testEnv(t)

  t.match(await run(t, ['hash', NUMBER], env), { code: 0, out: `${hashPhone(NUMBER)}\n`, err: /^There is no record of this number/ })
  t.match(await run(t, ['hash', NUMBER], { ...env, PHONE_HASH_KEY: KEY }), { code: 0, out: `${hashPhone(NUMBER, KEY)}\n` })
  t.match(await run(t, ['hash', '555-010-0123'], { ...env, DEFAULT_COUNTRY: 'US' }), { code: 0, out: `${hashPhone(NUMBER)}\n` })
})

t.test('reads the number from standard input, for - ', async (t) => {
  const env = testEnv(t)

  t.match(await run(t, ['hash', '-'], env, `${NUMBER}\nand more`), { code: 0, out: `${hashPhone(NUMBER)}\n` })
  t.match(await run(t, ['hash', '-'], env), { code: 1, out: '', err: /^Standard input is empty/ })
})

t.test('refuses what is no number with the text of the API, without repeating it', async (t) => {
  const { code, out, err } = await run(t, ['hash', '5550100999'], testEnv(t))

  t.equal(code, 1)
  t.equal(out, '')
  t.equal(err, 'The number cannot be read as a phone number (unreadable): give it with + and country code, or set DEFAULT_COUNTRY\n')
})

t.test('says whether somebody is known, and lets go of the data', async (t) => {
  const env = testEnv(t)
  const place = filePlace(t, { folder: env['DATA_DIR']! })
  const store = await place.open()
  await store.update(hashPhone(NUMBER), fact(hashPhone(NUMBER), 'likes tea'))
  await store.close()

  t.match(await run(t, ['hash', NUMBER], env), { code: 0, err: /^There is a record of this number/ })
  await t.resolves(place.open())
})

t.test('makes no folder for data that are not there', async (t) => {
  const env = testEnv(t)
  const DATA_DIR = `${t.testdirName}/elsewhere`

  t.match(await run(t, ['hash', NUMBER], { ...env, DATA_DIR, OWN_NUMBERS: NUMBER }), { code: 0, err: /your own numbers[^]*There is no record/ })
  t.notOk(existsSync(DATA_DIR))
})

t.test('beside a running bridge it asks that, and says what is missing to reach it', async (t) => {
  const env = testEnv(t, { PHONE_HASH_KEY: KEY })
  const { port, log } = await serve(t, env)
  const there = { ...env, PORT: String(port) }

  t.match(await run(t, ['hash', NUMBER], there), { code: 0, out: `${hashPhone(NUMBER, KEY)}\n`, err: /^There is no record of this number/ })
  t.match(log.at(-1), /"route":"\/api\/callers\/lookup"/)
  t.match(await run(t, ['hash', NUMBER], { ...there, PHONE_HASH_KEY: 'another-phone-hash-key' }), {
    out: `${hashPhone(NUMBER, KEY)}\n`, err: /another PHONE_HASH_KEY/
  })

  const cases: Array<[Record<string, string>, RegExp]> = [
    [{ ADMIN_API_KEY: '' }, /in use by process \d+: only one bridge can use a folder. Set ADMIN_API_KEY/],
    [{ ADMIN_API_KEY: 'another-admin-key' }, /refuses \(401\): The admin key is missing or wrong: send it/],
    [{ PORT: '1' }, /No bridge responds at http:\/\/127\.0\.0\.1:1\. /]
  ]
  for (const [overrides, expected] of cases) {
    const { code, out, err } = await run(t, ['hash', NUMBER], { ...there, ...overrides })
    t.equal(code, 1)
    t.match(err, expected)
    t.equal(out, '')
    for (const secret of [ADMIN_KEY, 'another-admin-key', KEY, NUMBER.slice(1)]) t.notMatch(err, secret)
  }
})
