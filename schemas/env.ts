import { Type, type SchemaOptions, type Static } from '@sinclair/typebox'

/** A comma-separated list. It is checked after its entries are trimmed and empty ones dropped. */
const List = <T extends string = string>(options: SchemaOptions) =>
  Type.Unsafe<T[]>({ type: 'string', separator: ',', ...options })

const OptionalList = <T extends string = string>(options: SchemaOptions) => List<T>({ default: '', ...options })

/** `aaaaaaaaaaaaaaaa` is guessed as quickly as a short key. */
const NOT_ONE_CHARACTER = '^(.)(?!\\1*$)'

/**
 * `description` completes the sentence "set it to …", which is printed when the value is wrong or missing.
 * The formats are in src/settings.ts.
 */
export const EnvSchema = Type.Object({
  ELEVENLABS_API_KEY: Type.String({
    minLength: 1,
    format: 'secret',
    description: 'the API key of your ElevenLabs workspace'
  }),
  ELEVENLABS_AGENT_ID: List({
    minLength: 1,
    format: 'secrets',
    description: 'the id of your agent; separate several ids with commas'
  }),
  OPENCLAW_API_BASE_URL: Type.Optional(Type.String({
    format: 'web-url',
    description:
      'the address of the OpenClaw gateway, such as http://127.0.0.1:18789/v1; needed only with LEARN_FROM_TRANSCRIPT'
  })),
  PUBLIC_BASE_URL: Type.String({
    minLength: 1,
    format: 'public-url',
    description: 'the address at which ElevenLabs reaches this bridge, such as https://bridge.example.com'
  }),

  ADMIN_API_KEY: Type.Optional(Type.String({
    minLength: 16,
    pattern: NOT_ONE_CHARACTER,
    format: 'secret',
    description:
      'the key of the admin API: at least 16 characters, not one repeated; without it the admin API is off'
  })),
  WEBHOOK_SECRET: OptionalList({
    format: 'secrets',
    description: 'the secret of the call end webhook; while you rotate it, list both secrets with a comma'
  }),
  WEBHOOK_HEADER_SECRET: OptionalList({
    format: 'secrets',
    description: 'the value of the header X-Webhook-Secret, if it is not WEBHOOK_SECRET; it can be a list, too'
  }),
  PHONE_HASH_KEY: Type.Optional(Type.String({
    format: 'secret',
    description:
      'a long random text, the key of the phone hashes; recommended. You can set it later, when callers are ' +
      'already stored, but do not change it after that'
  })),
  DATA_ENCRYPTION_KEY: OptionalList({
    format: 'encryption-keys',
    description:
      '32 random bytes in base64 that seal the stored data; separate several keys with commas: the first seals, ' +
      'all of them open. Without it the data is stored as plain text'
  }),
  CALLER_TOKEN_KEY: OptionalList({
    format: 'encryption-keys',
    description:
      '32 random bytes in base64 that seal the caller tokens of the tools; separate several keys with commas: the ' +
      'first seals, all of them open. Without it each process makes its own, and with DATABASE_URL the tools are off'
  }),
  CALLER_TOKEN_HOURS: Type.Integer({
    default: 6,
    minimum: 1,
    maximum: 48,
    description: 'the hours that a caller token is good for, queue and call together, 1 to 48'
  }),

  HOST: Type.String({ default: '0.0.0.0', description: 'the address to listen on' }),
  PORT: Type.Integer({
    default: 8000,
    minimum: 0,
    maximum: 65535,
    description: 'the port to listen on, 0 to 65535; 0 picks a free one'
  }),
  LOG_LEVEL: Type.Unsafe<'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'>({
    type: 'string',
    enum: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    default: 'info',
    description: 'one of fatal, error, warn, info, debug, trace, silent'
  }),
  DATA_DIR: Type.String({ default: './data', description: 'the folder for the memory' }),
  DATABASE_URL: Type.Optional(Type.String({
    format: 'postgres-url',
    description:
      'the address of a PostgreSQL database that replaces DATA_DIR, such as ' +
      'postgres://user:password@db.example.com/bridge'
  })),
  SOUL_TEMPLATE_PATH: Type.String({ default: './soul_template.md', description: 'the path of the soul file' }),
  TRUST_PROXY: OptionalList({
    format: 'addresses',
    description: 'the addresses or CIDR ranges of the proxies in front of the bridge, never all addresses'
  }),
  ALLOWED_ORIGINS: OptionalList({
    format: 'origins',
    description:
      'the origins that browsers may call from, such as https://admin.example.com; without it no CORS headers ' +
      'are sent'
  }),
  DOCS: Type.Unsafe<'on' | 'off'>({
    type: 'string',
    enum: ['on', 'off'],
    default: 'on',
    description: 'on or off: whether Swagger UI is served at /docs; it contains no secrets'
  }),

  DEFAULT_COUNTRY: Type.Optional(Type.String({
    format: 'country',
    description:
      'the country of numbers without +, such as US; without it, callers with such numbers are not remembered'
  })),
  OWN_NUMBERS: OptionalList({
    format: 'e164-numbers',
    description: 'your own numbers in the form +15550100001, separated by commas'
  }),
  OVERRIDES: List<'prompt' | 'first_message' | 'language' | 'none'>({
    default: 'prompt,first_message',
    format: 'overrides',
    description:
      'what the response overrides: any of prompt, first_message and language, separated by commas; or none'
  }),
  MEMORY_MAX_CHARS: Type.Integer({
    default: 3200,
    minimum: 0,
    maximum: 16000,
    description: 'the longest memory block in the prompt, in characters, 0 to 16000'
  }),
  TIMEZONE: Type.String({
    default: 'UTC',
    format: 'time-zone',
    description: 'the IANA time zone of dates in the prompt, such as Europe/Berlin'
  }),
  RESUME_MINUTES: Type.Integer({
    default: 10,
    minimum: 0,
    maximum: 1440,
    description:
      'within how many minutes a call goes on with one that broke off, 0 to 1440; 0 turns that off'
  }),
  PERSONALIZE_TIMEOUT_MS: Type.Integer({
    default: 1000,
    minimum: 10,
    maximum: 10_000,
    description: 'the time until a call start gets the neutral response, in milliseconds, 10 to 10000'
  }),
  ERASURE_MARK_DAYS: Type.Integer({
    default: 90,
    minimum: 1,
    maximum: 3650,
    description: 'the number of days that an erasure mark is kept, 1 to 3650'
  }),
  RETENTION_DAYS: Type.Optional(Type.Integer({
    minimum: 1,
    maximum: 36_500,
    description:
      'the number of days without a call after which a caller is erased, 1 to 36500; without it no caller is ' +
      'erased automatically'
  })),
  RETENTION_MAX_SHARE: Type.Integer({
    default: 10,
    minimum: 0,
    maximum: 100,
    description:
      'the percentage of all callers that one sweep may erase without asking you, 0 to 100; 20 callers are ' +
      'always allowed'
  }),
  FORGET_BY_CALL: Type.Unsafe<'review' | 'erase'>({
    type: 'string',
    enum: ['review', 'erase'],
    default: 'review',
    description:
      'review or erase: whether a caller who asks the agent to forget everything is erased at once, or waits for ' +
      'you, because a caller id can be forged'
  }),

  LEARN_FROM_TRANSCRIPT: Type.Boolean({
    default: false,
    description: 'true or false: whether the language model at OPENCLAW_API_BASE_URL reads what was said'
  }),
  OPENCLAW_API_KEY: Type.Optional(Type.String({ format: 'secret', description: 'the token of the OpenClaw gateway' })),
  OPENCLAW_MODEL: Type.String({
    default: 'openclaw',
    description:
      'the model that reads transcripts; openclaw/<id> is an agent entry of the gateway: use one without tools'
  }),
  LEARN_MIN_CONFIDENCE: Type.Number({
    default: 0.7,
    minimum: 0,
    maximum: 1,
    description: 'how sure the model has to be, 0 to 1; a fact that it is less sure of waits for your approval'
  }),
  LEARN_TIMEOUT_MS: Type.Integer({
    default: 60_000,
    minimum: 100,
    maximum: 600_000,
    description: 'the time that the model may take to answer, in milliseconds, 100 to 600000'
  }),
  REDACT: Type.Unsafe<'on' | 'off'>({
    type: 'string',
    enum: ['on', 'off'],
    default: 'on',
    description: 'on or off: whether numbers of cards and accounts, US social security numbers, PINs and passwords ' +
      'are masked'
  }),
  STORE_TRANSCRIPTS: Type.Boolean({
    default: false,
    description: 'true or false: whether what was said is kept with the call'
  }),
  ELEVENLABS_API_BASE_URL: Type.String({
    default: 'https://api.elevenlabs.io',
    format: 'web-url',
    description: 'the address of ElevenLabs\' API, such as https://api.eu.residency.elevenlabs.io'
  }),
  BACKFILL: Type.Boolean({
    default: false,
    description: 'true or false: whether missed calls of the last seven days are fetched at each start'
  })
}, {
  // Checked before values are coerced.
  if: { properties: { LEARN_FROM_TRANSCRIPT: { enum: [true, 'true'] } }, required: ['LEARN_FROM_TRANSCRIPT'] },
  then: { required: ['OPENCLAW_API_BASE_URL'] }
})

export type Config = Static<typeof EnvSchema>
