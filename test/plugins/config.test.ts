import t, { type Test } from 'tap'
import { buildApp } from '../../src/app.ts'
import { build, testEnv } from '../helper.ts'
import { directDisk } from '../stored.ts'

/** The message with which the start ends; `overrides` stand in the environment of a test. */
async function refusal (t: Test, overrides: Record<string, string | undefined>): Promise<string> {
  const started = buildApp({ env: testEnv(t, overrides), disk: directDisk, logOutput: { write () {} } }).then(async (app) => { await app.close(); return 'it started' })
  return await started.catch((error: { code: string, message: string }) => `${error.code}: ${error.message}`)
}

t.test('defaults are those of the design', async (t) => {
  const app = await build(t, { HOST: '', PORT: undefined, ADMIN_API_KEY: undefined, WEBHOOK_SECRET: ' , ' })
  const {
    ELEVENLABS_API_KEY,
    ELEVENLABS_AGENT_ID,
    OPENCLAW_API_BASE_URL,
    PUBLIC_BASE_URL,
    DATA_DIR,
    SOUL_TEMPLATE_PATH,
    ...others
  } = app.config

  t.strictSame(ELEVENLABS_AGENT_ID, ['agent_0001'])
  t.strictSame({ ...others }, {
    WEBHOOK_SECRET: [],
    WEBHOOK_HEADER_SECRET: [],
    DATA_ENCRYPTION_KEY: [],
    CALLER_TOKEN_KEY: [],
    CALLER_TOKEN_HOURS: 6,
    HOST: '0.0.0.0',
    PORT: 8000,
    LOG_LEVEL: 'info',
    TRUST_PROXY: [],
    ALLOWED_ORIGINS: [],
    DOCS: 'on',
    OWN_NUMBERS: [],
    OVERRIDES: ['prompt', 'first_message'],
    MEMORY_MAX_CHARS: 3200,
    RESUME_MINUTES: 10,
    TIMEZONE: 'UTC',
    PERSONALIZE_TIMEOUT_MS: 1000,
    ERASURE_MARK_DAYS: 90,
    RETENTION_MAX_SHARE: 10,
    FORGET_BY_CALL: 'review',
    LEARN_FROM_TRANSCRIPT: false,
    OPENCLAW_MODEL: 'openclaw',
    LEARN_MIN_CONFIDENCE: 0.7,
    LEARN_TIMEOUT_MS: 60_000,
    REDACT: 'on',
    STORE_TRANSCRIPTS: false,
    ELEVENLABS_API_BASE_URL: 'https://api.elevenlabs.io',
    BACKFILL: false
  })
})

t.test('values are trimmed, and lists taken apart without empty entries', async (t) => {
  const app = await build(t, {
    ELEVENLABS_AGENT_ID: ' agent_1 ,, agent_2, ',
    WEBHOOK_SECRET: 'first-secret-of-all\r\n, second-secret-of-all,',
    PHONE_HASH_KEY: ' a-long-phone-hash-key\n',
    OWN_NUMBERS: ',+15550100001 , +15550100002',
    OVERRIDES: 'none',
    MEMORY_MAX_CHARS: ' 100 '
  })

  t.match(app.config, {
    ELEVENLABS_AGENT_ID: ['agent_1', 'agent_2'],
    WEBHOOK_SECRET: ['first-secret-of-all', 'second-secret-of-all'],
    PHONE_HASH_KEY: 'a-long-phone-hash-key',
    OWN_NUMBERS: ['+15550100001', '+15550100002'],
    OVERRIDES: ['none'],
    MEMORY_MAX_CHARS: 100
  })
})

t.test('everything wrong is listed at once, by name, with what to do and without a value', async (t) => {
  const message = await refusal(t, {
    ELEVENLABS_API_KEY: '',
    LEARN_FROM_TRANSCRIPT: ' true ',
    OPENCLAW_API_BASE_URL: undefined,
    PUBLIC_BASE_URL: 'private-value-1',
    ADMIN_API_KEY: 'change-me-private-value-2',
    TIMEZONE: 'private-value-3',
    PORT: '70000'
  })

  t.strictSame(message.split('\n').map((line) => line.trim().split(':')[0]).sort(), [
    'BRIDGE_SETTINGS_INVALID',
    'ELEVENLABS_API_KEY is missing',
    'OPENCLAW_API_BASE_URL is missing',
    'PUBLIC_BASE_URL is wrong',
    'ADMIN_API_KEY still has its sample value',
    'TIMEZONE is wrong',
    'PORT is wrong',
    'The file .env.example lists and explains all settings.'
  ].sort())
  t.match(message, /6 settings need your attention/)
  t.match(message, /PUBLIC_BASE_URL is wrong: set it to the address at which/)
  t.notMatch(message, /private-value|70000/)
})

t.test('the address of a model is needed only when a model is asked', async (t) => {
  for (const learn of ['', 'false']) {
    const { config } = await build(t, { OPENCLAW_API_BASE_URL: '', LEARN_FROM_TRANSCRIPT: learn })
    t.equal(config.OPENCLAW_API_BASE_URL, undefined)
  }
  t.match(await refusal(t, { OPENCLAW_API_BASE_URL: undefined, LEARN_FROM_TRANSCRIPT: 'true' }), /One setting needs[^]*OPENCLAW_API_BASE_URL is missing/)
  t.match(await refusal(t, { OPENCLAW_API_BASE_URL: undefined, EMBEDDINGS_MODEL: 'small' }), /One setting needs[^]*OPENCLAW_API_BASE_URL is missing/)
})

t.test('a setting is refused', async (t) => {
  const cases: Record<string, string[]> = {
    ELEVENLABS_API_KEY: ['change-me'],
    ELEVENLABS_AGENT_ID: [',', 'agent_1,change-me'],
    OPENCLAW_API_BASE_URL: ['127.0.0.1:1/v1'],
    PUBLIC_BASE_URL: ['bridge.example'],
    ADMIN_API_KEY: ['change-me-to-a-long-random-text', '123456', 'k'.repeat(15), 'k'.repeat(40)],
    WEBHOOK_SECRET: ['a-good-secret,change-me'],
    WEBHOOK_HEADER_SECRET: ['change-me'],
    DATA_ENCRYPTION_KEY: ['change-me', 'change-me-data-encryption-key', 'c2hvcnQ='],
    CALLER_TOKEN_KEY: ['change-me-caller-token-key', 'c2hvcnQ='],
    CALLER_TOKEN_HOURS: ['0', '49', '1.5'],
    FORGET_BY_CALL: ['always'],
    PHONE_HASH_KEY: ['change-me'],
    LOG_LEVEL: ['loud'],
    PORT: ['-1', '1.5', 'http'],
    TRUST_PROXY: ['true', '0.0.0.0/0', '::/0', '10.0.0.1,all'],
    ALLOWED_ORIGINS: ['*', 'https://admin.example/path', 'https://admin.example/', 'https://*.example'],
    DEFAULT_COUNTRY: ['us', 'Germany'],
    OWN_NUMBERS: ['5550100001', '+15550100001,nobody'],
    OVERRIDES: ['voice', 'none,prompt'],
    TIMEZONE: ['Berlin'],
    MEMORY_MAX_CHARS: ['16001', '-1', 'many'],
    RESUME_MINUTES: ['1441', '-1', '1.5'],
    PERSONALIZE_TIMEOUT_MS: ['0', '60000'],
    ERASURE_MARK_DAYS: ['0']
  }
  for (const [name, values] of Object.entries(cases)) {
    for (const value of values) t.match(await refusal(t, { [name]: value }), new RegExp(`One setting needs.*\\n  ${name} (is|still)`), `${name} ${value}`)
  }
})

t.test('the process\'s environment is not mixed into settings that are given', async (t) => {
  const { ADMIN_API_KEY } = process.env
  process.env['ADMIN_API_KEY'] = 'a-key-of-the-process'
  t.teardown(() => {
    if (ADMIN_API_KEY === undefined) delete process.env['ADMIN_API_KEY']
    else process.env['ADMIN_API_KEY'] = ADMIN_API_KEY
  })

  const app = await build(t, { ADMIN_API_KEY: undefined })

  t.equal(app.config.ADMIN_API_KEY, undefined)
})

t.test('weak settings are warned of at the start, without their values', async (t) => {
  const app = await build(t, { WEBHOOK_SECRET: 'shorter', PHONE_HASH_KEY: undefined })
  const warnings = app.lines.filter(({ level }) => level === 40).map(({ msg }) => String(msg))

  t.match(warnings, [/^WEBHOOK_SECRET is shorter/, /^PHONE_HASH_KEY is not set/])
  t.equal(warnings.length, 2)
  t.notMatch(JSON.stringify(app.lines), /shorter"/)
})

t.test('LOG_LEVEL decides what is logged', async (t) => {
  const app = await build(t, { LOG_LEVEL: 'error', WEBHOOK_SECRET: '' })
  app.log.warn('not this')
  app.log.error('but this')

  t.strictSame(app.lines.filter(({ msg }) => /this/.test(String(msg))).map(({ msg }) => msg), ['but this'])
})
