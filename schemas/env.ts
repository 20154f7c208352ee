import { Type, type SchemaOptions, type Static } from '@sinclair/typebox'
import { OneOf } from './common.ts'

const Text = (description: string, options: SchemaOptions = {}) => Type.String({ ...options, description })

const OptionalText = (description: string, options: SchemaOptions = {}) => Type.Optional(Text(description, options))

/** A comma-separated list. It is checked after its entries are trimmed and empty ones dropped. */
const List = <T extends string = string>(description: string, options: SchemaOptions) =>
  Type.Unsafe<T[]>({ type: 'string', separator: ',', ...options, description })

const OptionalList = (description: string, options: SchemaOptions) => List(description, { default: '', ...options })

/** `more` comes after the range in the description. */
const Whole = (description: string, minimum: number, maximum: number, options: { default?: number } = {}, more = '') =>
  Type.Integer({ ...options, minimum, maximum, description: `${description}, ${minimum} to ${maximum}${more}` })

const Switch = (description: string) =>
  Type.Boolean({ default: false, description: `true or false: whether ${description}` })

/** `aaaaaaaaaaaaaaaa` is guessed as quickly as a short key. */
const NOT_ONE_CHARACTER = '^(.)(?!\\1*$)'

/**
 * `description` completes the sentence "set it to …", which is printed when the value is wrong or missing.
 * The formats are in src/settings.ts.
 */
export const EnvSchema = Type.Object({
  ELEVENLABS_API_KEY: Text('the API key of your ElevenLabs workspace', { minLength: 1, format: 'secret' }),
  ELEVENLABS_AGENT_ID: List(
    'the id of your agent; separate several ids with commas', { minLength: 1, format: 'secrets' }),
  OPENCLAW_API_BASE_URL: OptionalText(
    'the address of the OpenClaw gateway, such as http://127.0.0.1:18789/v1; needed only with ' +
    'LEARN_FROM_TRANSCRIPT or EMBEDDINGS_MODEL',
    { format: 'web-url' }),
  PUBLIC_BASE_URL: Text(
    'the address at which ElevenLabs reaches this bridge, such as https://bridge.example.com',
    { minLength: 1, format: 'public-url' }),

  ADMIN_API_KEY: OptionalText(
    'the key of the admin API: at least 16 characters, not one repeated; without it the admin API is off',
    { minLength: 16, pattern: NOT_ONE_CHARACTER, format: 'secret' }),
  WEBHOOK_SECRET: OptionalList(
    'the secret of the call end webhook; while you rotate it, list both secrets with a comma', { format: 'secrets' }),
  WEBHOOK_HEADER_SECRET: OptionalList(
    'the value of the header X-Webhook-Secret, if it is not WEBHOOK_SECRET; it can be a list, too',
    { format: 'secrets' }),
  PHONE_HASH_KEY: OptionalText(
    'a long random text, the key of the phone hashes; recommended. You can set it later, when callers are ' +
    'already stored, but do not change it after that', { format: 'secret' }),
  DATA_ENCRYPTION_KEY: OptionalList(
    '32 random bytes in base64 that seal the stored data; separate several keys with commas: the first seals, ' +
    'all of them open. Without it the data is stored as plain text', { format: 'encryption-keys' }),
  CALLER_TOKEN_KEY: OptionalList(
    '32 random bytes in base64 that seal the caller tokens of the tools; separate several keys with commas: the ' +
    'first seals, all of them open. Without it each process makes its own, and with DATABASE_URL the tools are off',
    { format: 'encryption-keys' }),
  CALLER_TOKEN_HOURS: Whole(
    'the hours that a caller token is good for, queue and call together', 1, 48, { default: 6 }),

  HOST: Text('the address to listen on', { default: '0.0.0.0' }),
  PORT: Whole('the port to listen on', 0, 65535, { default: 8000 }, '; 0 picks a free one'),
  LOG_LEVEL: OneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    default: 'info', description: 'one of fatal, error, warn, info, debug, trace, silent'
  }),
  DATA_DIR: Text('the folder for the memory', { default: './data' }),
  DATABASE_URL: OptionalText(
    'the address of a PostgreSQL database that replaces DATA_DIR, such as ' +
    'postgres://user:password@db.example.com/bridge', { format: 'postgres-url' }),
  SOUL_TEMPLATE_PATH: Text('the path of the soul file', { default: './soul_template.md' }),
  TRUST_PROXY: OptionalList(
    'the addresses or CIDR ranges of the proxies in front of the bridge, never all addresses',
    { format: 'addresses' }),
  ALLOWED_ORIGINS: OptionalList(
    'the origins that browsers may call from, such as https://admin.example.com; without it no CORS headers ' +
    'are sent', { format: 'origins' }),
  DOCS: OneOf(['on', 'off'], {
    default: 'on', description: 'on or off: whether Swagger UI is served at /docs; it contains no secrets'
  }),

  DEFAULT_COUNTRY: OptionalText(
    'the country of numbers without +, such as US; without it, callers with such numbers are not remembered',
    { format: 'country' }),
  OWN_NUMBERS: OptionalList(
    'your own numbers in the form +15550100001, separated by commas', { format: 'e164-numbers' }),
  OVERRIDES: List<'prompt' | 'first_message' | 'language' | 'none'>(
    'what the response overrides: any of prompt, first_message and language, separated by commas; or none',
    { default: 'prompt,first_message', format: 'overrides' }),
  MEMORY_MAX_CHARS: Whole('the longest memory block in the prompt, in characters', 0, 16000, { default: 3200 }),
  TIMEZONE: Text(
    'the IANA time zone of dates in the prompt, such as Europe/Berlin', { default: 'UTC', format: 'time-zone' }),
  RESUME_MINUTES: Whole(
    'within how many minutes a call goes on with one that broke off', 0, 1440, { default: 10 }, '; 0 turns that off'),
  PERSONALIZE_TIMEOUT_MS: Whole(
    'the time until a call start gets the neutral response, in milliseconds', 10, 10_000, { default: 1000 }),
  ERASURE_MARK_DAYS: Whole('the number of days that an erasure mark is kept', 1, 3650, { default: 90 }),
  RETENTION_DAYS: Type.Optional(Whole(
    'the number of days without a call after which a caller is erased', 1, 36_500, {},
    '; without it no caller is erased automatically')),
  RETENTION_MAX_SHARE: Whole(
    'the percentage of all callers that one sweep may erase without asking you', 0, 100, { default: 10 },
    '; 20 callers are always allowed'),
  FORGET_BY_CALL: OneOf(['review', 'erase'], {
    default: 'review',
    description: 'review or erase: whether a caller who asks the agent to forget everything is erased at once, or ' +
      'waits for you, because a caller id can be forged'
  }),

  LEARN_FROM_TRANSCRIPT: Switch('the language model at OPENCLAW_API_BASE_URL reads what was said'),
  OPENCLAW_API_KEY: OptionalText('the token of the OpenClaw gateway', { format: 'secret' }),
  OPENCLAW_MODEL: Text(
    'the model that reads transcripts; openclaw/<id> is an agent entry of the gateway: use one without tools',
    { default: 'openclaw' }),
  LEARN_MIN_CONFIDENCE: Type.Number({
    default: 0.7,
    minimum: 0,
    maximum: 1,
    description: 'how sure the model has to be, 0 to 1; a fact that it is less sure of waits for your approval'
  }),
  LEARN_TIMEOUT_MS: Whole(
    'the time that the model may take to answer, in milliseconds', 100, 600_000, { default: 60_000 }),
  EMBEDDINGS_MODEL: OptionalText(
    'the embeddings model at OPENCLAW_API_BASE_URL, with which recall also compares meanings; without it recall ' +
    'compares words only'),
  REDACT: OneOf(['on', 'off'], {
    default: 'on',
    description: 'on or off: whether numbers of cards and accounts, US social security numbers, PINs and passwords ' +
      'are masked'
  }),
  STORE_TRANSCRIPTS: Switch('what was said is kept with the call'),
  ELEVENLABS_API_BASE_URL: Text(
    'the address of ElevenLabs\' API, such as https://api.eu.residency.elevenlabs.io',
    { default: 'https://api.elevenlabs.io', format: 'web-url' }),
  BACKFILL: Switch('missed calls of the last seven days are fetched at each start')
}, {
  // Checked before values are coerced.
  if: {
    anyOf: [
      { properties: { LEARN_FROM_TRANSCRIPT: { enum: [true, 'true'] } }, required: ['LEARN_FROM_TRANSCRIPT'] },
      { required: ['EMBEDDINGS_MODEL'] }
    ]
  },
  then: { required: ['OPENCLAW_API_BASE_URL'] }
})

export type Config = Static<typeof EnvSchema>
