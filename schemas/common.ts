import { Type, type TSchema } from '@sinclair/typebox'

export const PhoneHashSchema = Type.String({
  pattern: '^[0-9a-f]{64}$',
  description: 'The caller\'s key: 64 lower-case hex digits. POST /api/callers/lookup turns a phone number into one.',
  examples: ['6ac255f14cbb1ba3c25b37061d7b1de58a1a4a1ce88ab04a3e2f4ea3ea0e9a77']
})

export const InstantSchema = Type.String({
  format: 'date-time',
  description: 'ISO 8601, UTC',
  examples: ['2026-11-22T09:30:00.000Z']
})

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
  description: 'The caller\'s name, 1 to 60 characters: letters, marks, spaces and \' - .',
  examples: ['Dana']
})

export const LanguageSchema = Type.String({
  pattern: '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$',
  description: 'ISO 639 language code, one that the agent speaks',
  examples: ['en']
})

/** For the bodies and queries of operators: a misspelt key would otherwise be lost without a word. */
export const strict = { additionalProperties: false }

/** Read tolerantly: a call must not fail because a field is missing, null, new, or of another type. */
export const Tolerated = (description: string, example?: string) =>
  Type.Optional(Type.Unsafe<unknown>({ description, ...(example === undefined ? {} : { examples: [example] }) }))

/** When something ends. */
export const ExpirySchema = Type.Union([
  Type.String({ format: 'date-time' }),
  Type.Integer({ minimum: 0, maximum: 253402300799 }),
  Type.Null()
], { description: 'ISO 8601 with a time zone, such as 2026-12-24T18:00:00Z, or Unix seconds, or null for never' })

/** A value that may be unknown. */
export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
