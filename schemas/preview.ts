import { Type } from '@sinclair/typebox'
import { Body, Documented, Nullable, PhoneHashSchema } from './common.ts'
import { CallStartResponseSchema } from './personalize.ts'

export const PreviewSchema = Body({
  phone: Type.Optional(Type.String({
    maxLength: 60,
    description: 'Any caller id: a phone number, or a withheld one such as anonymous'
  })),
  phone_hash: Type.Optional(PhoneHashSchema)
}, 'an object with either phone or phone_hash', { phone: '+15550100123' }, { minProperties: 1, maxProperties: 1 })

const LineSchema = Type.Object({
  text: Type.String(),
  section: Type.String({ description: 'The section of the block: caller, facts, open, calls or notes' }),
  why: Type.String({
    description: 'What the line is, which also sets its rank: caller, broken-off-call, pinned-fact, last-call, ' +
      'open-item, caller-note, fact, global-note or older-call'
  }),
  reason: Type.String({ description: 'Why it is told, or why it is left out, in words' }),
  id: Nullable(Type.String(), {
    description: 'The id of the name, fact, open item or note, or the conversation id of the call; null when the ' +
      'line has nobody\'s words'
  })
})

export const PreviewResponseSchema = Documented({
  caller: Type.String({ description: 'known, new, opted-out or no-number (no phone number, or one of your own)' }),
  answer: CallStartResponseSchema,
  told: Type.Array(LineSchema, {
    description: 'What the agent is told, in the prompt or through variables, most important first'
  }),
  left_out: Type.Array(LineSchema, { description: 'What it is not told although it could be' })
}, 'The call start response that this caller would get now, and why each line is in it', {
  caller: 'known',
  answer: CallStartResponseSchema.examples[0],
  told: [{
    text: 'Prefers deliveries in the morning',
    section: 'facts',
    why: 'pinned-fact',
    reason: 'You pinned it. Written by you on 2026-11-22',
    id: '0f4c9a52-6a0d-4c1e-9f37-51e9a2f0b7aa'
  }],
  left_out: []
})
