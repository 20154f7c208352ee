import { Type } from '@sinclair/typebox'
import { Nullable, PhoneHashSchema, strict } from './common.ts'

const phoneHash = PhoneHashSchema.examples[0]

export const SealSchema = Type.Object({
  after: Type.Union([PhoneHashSchema, Type.Null()], { description: '`next` of the page before, or null for the first page' })
}, { ...strict, description: 'after', examples: [{ after: null }] })

export const SealedPageSchema = Type.Object({
  status: Type.Literal('ok'),
  sealed: Type.Integer({ description: 'Records that were plain, or sealed with an older key, and are sealed now' }),
  unreadable: Type.Integer({ description: 'What could not be read, and stays as it is; the log says which' }),
  next: Nullable(Type.String({ description: 'Hand it in as `after` for the next page; null on the last' }))
}, { description: 'One page is sealed', examples: [{ status: 'ok', sealed: 12, unreadable: 0, next: phoneHash }] })
