import { Type, type ObjectOptions, type SchemaOptions, type TProperties, type TSchema } from '@sinclair/typebox'

const PHONE_HASH_PATTERN = '^[0-9a-f]{64}$'
export const PHONE_HASH = '6ac255f14cbb1ba3c25b37061d7b1de58a1a4a1ce88ab04a3e2f4ea3ea0e9a77'

export const PhoneHashSchema = Type.String({
  pattern: PHONE_HASH_PATTERN,
  description: 'A phone hash: 64 lower-case hex digits. POST /api/callers/lookup returns it for a phone number.',
  examples: [PHONE_HASH]
})

/** For query strings. It has no `examples`, because Swagger UI prefills a parameter with its example and sends it. */
export const OptionalPhoneHash = (description: string) => Type.Optional(Type.String({
  pattern: PHONE_HASH_PATTERN,
  description
}))

export const Instant = (description: string, example = '2026-11-22T09:30:00.000Z') =>
  Type.String({ format: 'date-time', description, examples: [example] })

export const InstantSchema = Instant('ISO 8601, UTC')

export const FactTextSchema = Type.String({
  minLength: 1,
  maxLength: 1000,
  description: 'One lasting sentence about the caller, 1 to 1000 characters',
  examples: ['Prefers deliveries in the morning']
})

export const NoteTextSchema = Type.String({
  minLength: 1,
  maxLength: 1000,
  description: 'What the agent should know for now, 1 to 1000 characters',
  examples: ['The shop closes at noon today']
})

export const CallerNameSchema = Type.String({
  minLength: 1,
  maxLength: 60,
  pattern: "^(?=.*\\p{L})[\\p{L}\\p{M} '\\-.]+$",
  description: 'The caller\'s name, 1 to 60 characters: letters, accents, spaces and \' - .',
  examples: ['Dana']
})

export const LanguageSchema = Type.String({
  pattern: '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$',
  description: 'ISO 639 code of a language that the agent speaks',
  examples: ['en']
})

/** For bodies and queries of operators: without it, a misspelt key would be ignored silently. */
export const strict = { additionalProperties: false }

/** A response or a webhook's body, as the OpenAPI document shows it. */
export const Documented = <P extends TProperties>(properties: P, description: string, example: object) =>
  Type.Object(properties, { description, examples: [example] })

/** A body that operators send. */
export const Body = <P extends TProperties>(
  properties: P, description: string, example: object, limits: ObjectOptions = {}
) => Type.Object(properties, { ...strict, ...limits, description, examples: [example] })

/** A field of a webhook. Any type is accepted: a call must not fail because a field is missing, null or new. */
export const Tolerated = (description: string, example?: string) =>
  Type.Optional(Type.Unsafe<unknown>({ description, ...(example === undefined ? {} : { examples: [example] }) }))

/** A time as operators send it. */
export const TimeOrNull = (description: string) => Type.Union([
  Type.String({ format: 'date-time' }),
  Type.Integer({ minimum: 0, maximum: 253402300799 }),
  Type.Null()
], { description })

export const ExpirySchema =
  TimeOrNull('ISO 8601 with a time zone, such as 2026-12-24T18:00:00Z, or Unix seconds, or null for never')

/** One of a few texts. */
export const OneOf = <const T extends string>(values: readonly T[], options: SchemaOptions = {}) =>
  Type.Unsafe<T>({ type: 'string', enum: values, ...options })

export const Count = (description: string) => Type.Integer({ minimum: 0, description })

export const Nullable = <T extends TSchema>(schema: T, options: SchemaOptions = {}) =>
  Type.Union([schema, Type.Null()], options)

export const DEFAULT_PAGE_LIMIT = 50

/** No `default`, because Swagger UI would prefill it: routes apply {@link DEFAULT_PAGE_LIMIT}. */
export const pageQuery = {
  after: OptionalPhoneHash(`\`next\` of the page before, such as ${PHONE_HASH}; without it, the first page`),
  limit: Type.Optional(Type.Integer({
    minimum: 1,
    maximum: 200,
    description: `Callers on a page, 1 to 200; ${DEFAULT_PAGE_LIMIT} if it is missing`
  }))
}

export const NextSchema = Nullable(Type.String({
  description: 'Send it as `after` to get the next page; null on the last page'
}))
