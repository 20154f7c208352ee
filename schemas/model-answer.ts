/**
 * What a language model answers after it read a call: changes to what is remembered about the caller.
 *
 * Models are held to it by `response_format`, whose strict mode wants every property required and nothing further allowed,
 * and knows few keywords: so there are no limits here, what may be missing is null, and enums are plain lists.
 *
 * @see https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */
import { Type, type Static } from '@sinclair/typebox'
import { Nullable, strict } from './common.ts'

const OneOf = <T extends string>(...values: T[]) => Type.Unsafe<T>({ type: 'string', enum: values })

/** Numbers of the turns that something rests on. */
const TurnNumbersSchema = Type.Array(Type.Integer())

export const FactOperationSchema = Type.Object({
  op: OneOf('add', 'update', 'retire'),
  fact_id: Nullable(Type.String()),
  text: Nullable(Type.String()),
  category: OneOf('preference', 'person', 'contact', 'situation', 'history', 'other'),
  confidence: Type.Number(),
  turns: TurnNumbersSchema
}, strict)

export const NameClaimSchema = Type.Object({
  value: Type.String(),
  confidence: Type.Number(),
  turns: TurnNumbersSchema
}, strict)

export const OpenItemOperationSchema = Type.Object({
  op: OneOf('open', 'close'),
  item_id: Nullable(Type.String()),
  text: Nullable(Type.String()),
  turns: TurnNumbersSchema
}, strict)

export const ModelAnswerSchema = Type.Object({
  operations: Type.Array(FactOperationSchema),
  caller_name: Nullable(NameClaimSchema),
  language: Nullable(Type.String()),
  open_items: Type.Array(OpenItemOperationSchema)
}, strict)

export type FactOperation = Static<typeof FactOperationSchema>
export type NameClaim = Static<typeof NameClaimSchema>
export type OpenItemOperation = Static<typeof OpenItemOperationSchema>
export type ModelAnswer = Static<typeof ModelAnswerSchema>
