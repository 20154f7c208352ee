import { Type } from '@sinclair/typebox'
import { PhoneHashSchema, strict } from './common.ts'
import { CallStartResponseSchema } from './personalize.ts'

export const PreviewSchema = Type.Object({
  phone: Type.Optional(Type.String({
    maxLength: 60,
    description: 'Any caller id: a phone number, or a withheld one such as anonymous'
  })),
  phone_hash: Type.Optional(PhoneHashSchema)
}, {
  ...strict,
  minProperties: 1,
  maxProperties: 1,
  description: 'an object with either phone or phone_hash',
  examples: [{ phone: '+15550100123' }]
})

const LineSchema = Type.Object({
  text: Type.String(),
  section: Type.String({ description: 'The section of the block: caller, facts, open, calls or notes' }),
  why: Type.String({
    description: 'Why the line is in the block, which also sets its rank: caller, pinned-fact, last-call, open-item, ' +
      'caller-note, fact, global-note or older-call'
  }),
  id: Type.Union([Type.String(), Type.Null()], {
    description: 'The id of the fact, open item or note, or the number of the call'
  })
})

export const PreviewResponseSchema = Type.Object({
  caller: Type.String({ description: 'known, new, opted-out or no-number (no phone number, or one of your own)' }),
  answer: CallStartResponseSchema,
  told: Type.Array(LineSchema, { description: 'The lines of the memory block, most important first' }),
  left_out: Type.Array(LineSchema, { description: 'Lines that did not fit into MEMORY_MAX_CHARS' })
}, {
  description: 'The call start response that this caller would get now, and why each line is in it',
  examples: [{
    caller: 'known',
    answer: CallStartResponseSchema.examples[0],
    told: [{
      text: 'Prefers deliveries in the morning',
      section: 'facts',
      why: 'pinned-fact',
      id: '0f4c9a52-6a0d-4c1e-9f37-51e9a2f0b7aa'
    }],
    left_out: []
  }]
})
