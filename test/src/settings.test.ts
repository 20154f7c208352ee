import t from 'tap'
import { cleanSettings, describeFaults, isLoopback, settingWarnings } from '../../src/settings.ts'

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
  t.strictSame(settingWarnings({ ...strong, ADMIN_API_KEY: undefined }), ['ADMIN_API_KEY is not set: the admin API is off'])
  t.match(settingWarnings({ ...strong, PHONE_HASH_KEY: undefined }), [/^PHONE_HASH_KEY is not set/])
})

t.test('loopback is what only this machine reaches', async (t) => {
  for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '127.9.9.9', '::1', '[::1]']) t.equal(isLoopback(host), true, host)
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', 'localhost.example', 'bridge.example']) t.equal(isLoopback(host), false, host)
})
