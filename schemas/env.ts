import { Type, type SchemaOptions, type Static } from '@sinclair/typebox'

/** A comma separated list. Entries are trimmed and empty ones dropped before it is checked. */
const List = <T extends string = string>(options: SchemaOptions) =>
  Type.Unsafe<T[]>({ type: 'string', separator: ',', ...options })

const OptionalList = <T extends string = string>(options: SchemaOptions) => List<T>({ default: '', ...options })

/** `aaaaaaaaaaaaaaaa` is as quickly guessed as a short key. */
const NOT_ONE_CHARACTER = '^(.)(?!\\1*$)'

/**
 * Every setting. `description` is what to set, for the operator: it is printed when the value is wrong.
 * The formats are those of src/setting-formats.ts.
 */
export const EnvSchema = Type.Object({
  ELEVENLABS_API_KEY: Type.String({ minLength: 1, format: 'secret', description: 'the API key of your ElevenLabs workspace' }),
  ELEVENLABS_AGENT_ID: List({ minLength: 1, format: 'secrets', description: 'the id of your agent, or several with commas between' }),
  OPENCLAW_API_BASE_URL: Type.String({ minLength: 1, format: 'web-url', description: 'the address of the OpenClaw gateway, such as http://127.0.0.1:18789/v1' }),
  PUBLIC_BASE_URL: Type.String({ minLength: 1, format: 'web-url', description: 'the address under which ElevenLabs reaches this bridge, such as https://bridge.example.com' }),

  ADMIN_API_KEY: Type.Optional(Type.String({ minLength: 16, pattern: NOT_ONE_CHARACTER, format: 'secret', description: 'the key for the admin API, at least 16 characters and not one repeated; without it admin access is off' })),
  WEBHOOK_SECRET: OptionalList({ format: 'secrets', description: 'the post-call webhook\'s secret, or several with commas between while they rotate' }),
  WEBHOOK_HEADER_SECRET: OptionalList({ format: 'secrets', description: 'the secret of the header X-Webhook-Secret at ring, when it is not WEBHOOK_SECRET' }),
  PHONE_HASH_KEY: Type.Optional(Type.String({ format: 'secret', description: 'a long random text that keys the phone hashes; recommended. It may be set later, when callers are stored already, and must not be changed after that' })),
  DATA_ENCRYPTION_KEY: OptionalList({ format: 'encryption-keys', description: '32 random bytes in base64, which seal the stored data; or several with commas between: the first seals, all open; without it the data are plain' }),

  HOST: Type.String({ default: '0.0.0.0', description: 'the address to listen on' }),
  PORT: Type.Integer({ default: 8000, minimum: 0, maximum: 65535, description: 'the port to listen on, 0 to 65535; 0 takes a free one' }),
  LOG_LEVEL: Type.Unsafe<'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'>({
    type: 'string',
    enum: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    default: 'info',
    description: 'one of fatal, error, warn, info, debug, trace, silent'
  }),
  DATA_DIR: Type.String({ default: './data', description: 'the folder for the memory' }),
  DATABASE_URL: Type.Optional(Type.String({ format: 'postgres-url', description: 'a PostgreSQL database for the memory, in place of DATA_DIR, such as postgres://user:password@db.example.com/bridge' })),
  SOUL_TEMPLATE_PATH: Type.String({ default: './soul_template.md', description: 'the soul file' }),
  TRUST_PROXY: OptionalList({ format: 'addresses', description: 'addresses or CIDR ranges of the proxies in front, never all' }),
  ALLOWED_ORIGINS: OptionalList({ format: 'origins', description: 'origins that browsers may call from, such as https://admin.example.com; without it no CORS headers' }),
  DOCS: Type.Unsafe<'on' | 'off'>({ type: 'string', enum: ['on', 'off'], default: 'on', description: 'on or off: whether Swagger UI is served at /docs; it holds no secret' }),

  DEFAULT_COUNTRY: Type.Optional(Type.String({ format: 'country', description: 'a country such as US, for numbers without +; without it such numbers are nobody' })),
  OWN_NUMBERS: OptionalList({ format: 'e164-numbers', description: 'your own numbers in the form +15550100001, with commas between' }),
  OVERRIDES: List<'prompt' | 'first_message' | 'language' | 'none'>({ default: 'prompt,first_message', format: 'overrides', description: 'what the answer overrides, out of prompt, first_message, language; or none' }),
  MEMORY_MAX_CHARS: Type.Integer({ default: 3200, minimum: 0, maximum: 16000, description: 'characters of the memory block in the prompt, 0 to 16000' }),
  TIMEZONE: Type.String({ default: 'UTC', format: 'time-zone', description: 'an IANA time zone such as Europe/Berlin' }),
  PERSONALIZE_TIMEOUT_MS: Type.Integer({ default: 1000, minimum: 10, maximum: 10_000, description: 'milliseconds until the neutral answer goes out at ring, 10 to 10000' }),
  ERASURE_MARK_DAYS: Type.Integer({ default: 90, minimum: 1, maximum: 3650, description: 'days that the mark of an erasure is kept, 1 to 3650' }),
  RETENTION_DAYS: Type.Optional(Type.Integer({ minimum: 1, maximum: 36_500, description: 'days after which a caller who was not seen is erased, 1 to 36500; without it nobody is' })),
  RETENTION_MAX_SHARE: Type.Integer({ default: 10, minimum: 0, maximum: 100, description: 'percent of all callers that one sweep may erase by itself, 0 to 100; up to 20 callers always may be' }),

  LEARN_FROM_TRANSCRIPT: Type.Boolean({ default: false, description: 'true or false: whether a language model at OPENCLAW_API_BASE_URL reads what was said' }),
  OPENCLAW_API_KEY: Type.Optional(Type.String({ format: 'secret', description: 'the token of the OpenClaw gateway' })),
  OPENCLAW_MODEL: Type.String({ default: 'openclaw', description: 'the model that reads transcripts: openclaw/<id> for an agent entry of the gateway, one without tools' }),
  LEARN_MIN_CONFIDENCE: Type.Number({ default: 0.7, minimum: 0, maximum: 1, description: 'how sure the model has to be, 0 to 1: what it is less sure of waits for you' }),
  LEARN_TIMEOUT_MS: Type.Integer({ default: 60_000, minimum: 100, maximum: 600_000, description: 'milliseconds that the model may take for an answer, 100 to 600000' }),
  REDACT: Type.Unsafe<'on' | 'off'>({ type: 'string', enum: ['on', 'off'], default: 'on', description: 'on or off: whether card numbers, US social security numbers and IBANs are masked' }),
  STORE_TRANSCRIPTS: Type.Boolean({ default: false, description: 'true or false: whether what was said is kept with the call' }),
  ELEVENLABS_API_BASE_URL: Type.String({ default: 'https://api.elevenlabs.io', format: 'web-url', description: 'where ElevenLabs\' API is, such as https://api.eu.residency.elevenlabs.io' }),
  BACKFILL: Type.Boolean({ default: false, description: 'true or false: whether calls of the last seven days that were missed are fetched at start' })
})

export type Config = Static<typeof EnvSchema>
