import t from 'tap'
import { checkSettings } from '../../../src/doctor/settings-check.ts'
import { broken } from './doctor.ts'

type Facts = Parameters<typeof checkSettings>[0]

const GOOD: Facts = {
  PUBLIC_BASE_URL: 'https://bridge.example',
  WEBHOOK_SECRET: ['wsec_a-long-secret-for-tests'],
  WEBHOOK_HEADER_SECRET: [],
  ADMIN_API_KEY: 'an-admin-key-for-tests',
  PHONE_HASH_KEY: 'a-phone-hash-key-for-tests',
  LEARN_FROM_TRANSCRIPT: true,
  OPENCLAW_MODEL: 'openclaw/learn'
}

t.test('good settings have one finding', async (t) => {
  t.match(checkSettings(GOOD), [{ check: 'settings', level: 'ok' }])
})

t.test('finds settings that', async (t) => {
  const cases: Array<[what: string, change: object, found: string[]]> = [
    ['only this machine can use', { PUBLIC_BASE_URL: 'https://localhost:8000' }, ['failure settings: PUBLIC_BASE_URL is an address of this machine only.']],
    ['are not HTTPS', { PUBLIC_BASE_URL: 'http://bridge.example' }, ['failure settings: PUBLIC_BASE_URL is not HTTPS: everybody on the way could read who calls.']],
    ['leave the webhook open', { WEBHOOK_SECRET: [] }, ['failure settings: WEBHOOK_SECRET is not set: anybody can invent call ends.']],
    ['have the scheme in the secret', { WEBHOOK_HEADER_SECRET: ['Bearer a-long-header-secret'] }, ['failure settings: A webhook secret begins with "Bearer", which is no part of it.']],
    ['let strangers steer a shell', { OPENCLAW_MODEL: 'openclaw' }, ['warning settings: OPENCLAW_MODEL is openclaw, an agent that can have a shell.']],
    ['do not learn with it', { OPENCLAW_MODEL: 'openclaw', LEARN_FROM_TRANSCRIPT: false }, []],
    ['are short', { WEBHOOK_SECRET: ['short'] }, ['warning settings: WEBHOOK_SECRET is shorter than 16 characters: make it longer.']],
    ['are missing', { ADMIN_API_KEY: undefined, PHONE_HASH_KEY: undefined }, [
      'warning settings: ADMIN_API_KEY is not set: the admin API is off.',
      'warning settings: PHONE_HASH_KEY is not set: anyone who gets the data can find the phone numbers by trying them all.'
    ]]
  ]
  for (const [what, change, found] of cases) t.strictSame(broken(checkSettings({ ...GOOD, ...change })), found, what)
})
