import { Type, type Static } from '@sinclair/typebox'
import { Body, Documented, NextSchema, Nullable, PHONE_HASH, PhoneHashSchema } from './common.ts'

export const SealSchema = Body({
  after: Nullable(PhoneHashSchema, {
    description: '`next` of the page before, or null for the first page'
  })
}, 'an object with after', { after: null })

export const SealedPageSchema = Documented({
  status: Type.Literal('ok'),
  sealed: Type.Integer({
    description: 'Records that were plain or sealed with an older key, and now are sealed with the first key'
  }),
  unreadable: Type.Integer({
    description: 'Documents that could not be read, and were left as they are; the log names them'
  }),
  next: NextSchema
}, 'One page was sealed', { status: 'ok', sealed: 12, unreadable: 0, next: PHONE_HASH })

export type ResealedPage = Omit<Static<typeof SealedPageSchema>, 'status'>
