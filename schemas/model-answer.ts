/**
 * The changes to a caller record that a language model suggests after it read a call.
 *
 * The schema is sent as `response_format`. Its strict mode knows few keywords and wants every property required and no
 * others allowed. So there are no limits here, optional values are nullable, and enums are plain lists.
 *
 * @see https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */
import { Type, type Static } from '@sinclair/typebox'
import { Nullable, OneOf, strict } from './common.ts'

/** The turns that support a claim, by number. */
const TurnNumbersSchema = Type.Array(Type.Integer())

/** Calendar days such as `2026-12-01`; null when the sentence is about no day in particular. */
const days = { valid_from: Nullable(Type.String()), valid_until: Nullable(Type.String()) }

export const FactOperationSchema = Type.Object({
  op: OneOf(['add', 'update', 'retire']),
  fact_id: Nullable(Type.String()),
  text: Nullable(Type.String()),
  category: OneOf(['preference', 'person', 'contact', 'situation', 'history', 'other']),
  confidence: Type.Number(),
  turns: TurnNumbersSchema,
  /** For `add`: the id of a fact that says the same in other words. */
  same_as: Nullable(Type.String()),
  ...days
}, strict)

export const NameClaimSchema = Type.Object({
  value: Type.String(),
  confidence: Type.Number(),
  turns: TurnNumbersSchema
}, strict)

export const OpenItemOperationSchema = Type.Object({
  op: OneOf(['open', 'close']),
  item_id: Nullable(Type.String()),
  text: Nullable(Type.String()),
  turns: TurnNumbersSchema,
  ...days
}, strict)

export const ModelAnswerSchema = Type.Object({
  operations: Type.Array(FactOperationSchema),
  caller_name: Nullable(NameClaimSchema),
  language: Nullable(Type.String()),
  open_items: Type.Array(OpenItemOperationSchema)
}, strict)

/** Missing and null mean the same: strict mode wants all of them, and some endpoints know no strict mode. */
type MayLack<T, K extends keyof T> = Omit<T, K> & Partial<Pick<T, K>>

export type FactOperation = MayLack<Static<typeof FactOperationSchema>, 'same_as' | 'valid_from' | 'valid_until'>
export type NameClaim = Static<typeof NameClaimSchema>
export type OpenItemOperation = MayLack<Static<typeof OpenItemOperationSchema>, 'valid_from' | 'valid_until'>
export type ModelAnswer = Omit<Static<typeof ModelAnswerSchema>, 'operations' | 'open_items'> & {
  operations: FactOperation[]
  open_items: OpenItemOperation[]
}
