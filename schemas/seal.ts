import { Type, type Static } from '@sinclair/typebox'
import { NextSchema, Nullable, PHONE_HASH, PhoneHashSchema, strict } from './common.ts'

export const SealSchema = Type.Object({
  after: Nullable(PhoneHashSchema, {
    description: '`next` of the page before, or null for the first page'
  })
}, { ...strict, description: 'an object with after', examples: [{ after: null }] })

export const SealedPageSchema = Type.Object({
  status: Type.Literal('ok'),
  sealed: Type.Integer({
    description: 'Records that were plain or sealed with an older key, and now are sealed with the first key'
  }),
  unreadable: Type.Integer({
    description: 'Documents that could not be read, and were left as they are; the log names them'
  }),
  next: NextSchema
}, { description: 'One page was sealed', examples: [{ status: 'ok', sealed: 12, unreadable: 0, next: PHONE_HASH }] })

export type ResealedPage = Omit<Static<typeof SealedPageSchema>, 'status'>
