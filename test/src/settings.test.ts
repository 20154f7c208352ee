import { randomBytes } from 'node:crypto'
import { BlockList } from 'node:net'
import t from 'tap'
import { addAddresses, cleanSettings, describeFaults, isLoopback, settingFormats, settingWarnings } from '../../src/settings.ts'

const schema = { properties: { ONE: { description: 'the first' }, TWO_KEY: {}, LIST: { separator: ',' } } }

t.test('settings are cleaned', async (t) => {
  t.strictSame(cleanSettings({ ONE: ' one\r\n', TWO_KEY: '\ttwo' }, schema), { ONE: 'one', TWO_KEY: 'two' }, 'blanks around a value go')
  t.strictSame(cleanSettings({ ONE: '', TWO_KEY: ' \n', LIST: '' }, schema), {}, 'an empty one is an unset one')
  t.strictSame(cleanSettings({ LIST: ' a ,, b,\t' }, schema), { LIST: 'a,b' }, 'empty entries of a list go')
  t.strictSame(cleanSettings({ LIST: ' , ,' }, schema), {}, 'a list of empty entries is unset')
  t.strictSame(cleanSettings({ ONE: 'a, b', OTHER: 'x' }, schema), { ONE: 'a, b' }, 'others are not read, and a text keeps its commas')
})

t.test('faults become one message, a line for each setting', async (t) => {
  const fault = (keyword: string, instancePath: string, params = {}) =>
    ({ keyword, instancePath, params, schemaPath: '', data: 'a value that stays private' })
  const properties = { ONE: { description: 'the first' }, TWO_KEY: { description: 'the key' }, THREE: { description: 'the third' } }

  t.equal(describeFaults([
    fault('required', '', { missingProperty: 'ONE' }), fault('format', '/TWO_KEY', { format: 'secret' }), fault('format', '/THREE', { format: 'country' }), fault('maximum', '/THREE')
  ], { properties }), [
    '3 settings need your attention before the bridge can start:',
    '  ONE is missing: set it to the first',
    '  TWO_KEY still has its sample value: set it to the key',
    '  THREE is wrong: set it to the third',
    'The file .env.example lists and explains all settings.'
  ].join('\n'))
  t.match(describeFaults([fault('format', '/TWO_KEY', { format: 'encryption-keys' })], { properties }), /TWO_KEY is wrong/, 'a key can be wrong in other ways, too')
  t.match(describeFaults([fault('type', '/ONE')], { properties }), /^One setting needs your attention/)
})

t.test('weak settings are warned of, without their values', async (t) => {
  const strong = { ADMIN_API_KEY: 'k'.repeat(16), WEBHOOK_SECRET: ['w'.repeat(16)], WEBHOOK_HEADER_SECRET: [], PHONE_HASH_KEY: 'p'.repeat(16) }

  t.strictSame(settingWarnings(strong), [])
  t.strictSame(settingWarnings({ ...strong, PHONE_HASH_KEY: 'x'.repeat(15) }), ['PHONE_HASH_KEY is shorter than 16 characters: make it longer'])
  for (const name of ['WEBHOOK_SECRET', 'WEBHOOK_HEADER_SECRET'] as const) {
    t.strictSame(settingWarnings({ ...strong, [name]: ['x'.repeat(16), 'short'] }), [`${name} is shorter than 16 characters: make it longer`])
  }
  const { ADMIN_API_KEY, ...withoutAdmin } = strong
  const { PHONE_HASH_KEY, ...withoutHashKey } = strong
  t.strictSame(settingWarnings(withoutAdmin), ['ADMIN_API_KEY is not set: the admin API is off'])
  t.match(settingWarnings(withoutHashKey), [/^PHONE_HASH_KEY is not set/])
})

t.test('loopback is what only this machine reaches', async (t) => {
  for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '127.9.9.9', '::1', '[::1]']) t.equal(isLoopback(host), true, host)
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', 'localhost.example', 'bridge.example']) t.equal(isLoopback(host), false, host)
})

const KEY = '+/+/00112233445566778899aabbccddeeffgghhiik='
const URL_KEY = '-_-_00112233445566778899aabbccddeeffgghhiik'
const SAMPLE_KEY = 'change-me-data-encryption-key-000000000000A'

const cases: Record<string, { fits: string[], not: string[] }> = {
  secret: { fits: ['s3cret', 'my-change-me'], not: ['change-me', 'change-me-to-a-key'] },
  secrets: { fits: ['', 'one', 'one,two'], not: ['change-me', 'one,change-me-too'] },
  'encryption-keys': {
    fits: ['', KEY, KEY.slice(0, -1), URL_KEY, `${URL_KEY}=`, `${KEY},${URL_KEY}`, `${KEY},${KEY}`],
    not: [
      'change-me', SAMPLE_KEY, `${KEY},${SAMPLE_KEY}`, 'k', KEY.slice(1), `A${KEY}`, `${KEY}=`, `${KEY} `, KEY.replace('+', '-'),
      randomBytes(31).toString('base64'), randomBytes(33).toString('base64'), randomBytes(32).toString('hex'), `${'A'.repeat(42)}B=`, `${KEY},short`
    ]
  },
  'web-url': { fits: ['https://bridge.example', 'http://127.0.0.1:18789/v1'], not: ['bridge.example', 'ftp://x.example', 'javascript:alert(1)', 'https://', '//x'] },
  'public-url': { fits: ['https://bridge.example', 'http://127.0.0.1:8000', 'https://bridge.example.com'], not: ['https://change-me.example.com', 'bridge.example', 'ftp://x.example'] },
  'postgres-url': {
    fits: ['postgres://bridge:secret@db.example/bridge', 'postgresql://db.example:5432/bridge?sslmode=verify-full', 'postgres:///bridge?host=/run/postgresql', 'postgres://bridge:p%40ss%2Fw%23rd@[::1]/bridge'],
    not: ['postgres://bridge:change-me@db.example/bridge', 'mysql://db.example/bridge', 'db.example', 'postgres://bridge:pa/ss@db.example/bridge', 'postgres://bridge:12/34@db.example/bridge', 'postgres://bridge:12#34@db.example/bridge']
  },
  origins: {
    fits: ['', 'https://admin.example', 'http://localhost:3000,https://a.example'],
    not: ['*', 'https://*', 'https://*.example.com', 'https://admin.example/', 'https://admin.example/path', 'admin.example', 'null', 'https://ok.example,*', 'https://a.example?x', 'https://u:p@a.example']
  },
  addresses: {
    fits: ['', '10.0.0.1', '::1', '10.0.0.0/8', 'fd00::/8', '10.0.0.1/32', '2001:db8::/128', '127.0.0.1,10.0.0.0/8', '::ffff:10.0.0.0/104'],
    not: ['true', '1', 'all', '*', 'loopback', '0.0.0.0/0', '::/0', '10.0.0.0/33', '::1/129', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/-1', '10.0.0.0/8x', '10.0.0.1,0.0.0.0/0', '0.0.0.0/00', '::ffff:0.0.0.0/96', '::/1']
  },
  country: { fits: ['US', 'DE'], not: ['us', 'USA', 'XX', 'Germany', '+1'] },
  'e164-numbers': { fits: ['', '+15550100001', '+15550100001,+4930123456'], not: ['15550100001', '+1 555 010 0001', '+1555', 'anonymous', '+15550100001,nobody', 'tel:+15550100001'] },
  overrides: { fits: ['none', 'prompt', 'prompt,first_message,language'], not: ['none,prompt', 'Prompt', 'voice', 'prompt,voice', ''] },
  'time-zone': { fits: ['UTC', 'Europe/Berlin', 'America/New_York'], not: ['Mars/Olympus', 'Berlin', ''] }
}

t.test('every format has its cases', async (t) => {
  t.strictSame(Object.keys(cases).sort(), Object.keys(settingFormats).sort())
})

for (const [name, { fits, not }] of Object.entries(cases)) {
  t.test(`the format ${name}`, async (t) => {
    for (const text of fits) t.equal(settingFormats[name]!(text), true, `takes ${text}`)
    for (const text of not) t.equal(settingFormats[name]!(text), false, `refuses ${text}`)
  })
}

t.test('a list of addresses and ranges can be asked', async (t) => {
  const list = new BlockList()

  addAddresses(list, ['127.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8'])

  for (const address of ['127.0.0.1', '10.255.0.1']) t.equal(list.check(address, 'ipv4'), true, address)
  for (const address of ['::1', 'fd12::3', '::ffff:10.1.1.1']) t.equal(list.check(address, 'ipv6'), true, address)
  for (const address of ['127.0.0.2', '11.0.0.1']) t.equal(list.check(address, 'ipv4'), false, address)
  t.equal(list.check('fe80::1', 'ipv6'), false)
})
