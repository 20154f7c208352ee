/**
 * The changes to a caller record that a language model suggests after it read a call.
 *
 * The schema is sent as `response_format`. Its strict mode knows few keywords and wants every property required and no
 * others allowed. So there are no limits here, optional values are nullable, and enums are plain lists.
 *
 * @see https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */
import { Type, type Static } from '@sinclair/typebox'
import { Nullable, strict } from './common.ts'

const OneOf = <T extends string>(...values: T[]) => Type.Unsafe<T>({ type: 'string', enum: values })

/** The turns that support a claim, by number. */
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
