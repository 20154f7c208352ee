import { Type } from '@sinclair/typebox'
import { InstantSchema } from './common.ts'

const example = { status: 'ok', timestamp: '2026-11-22T09:30:00.000Z' }

export const HealthSchema = Type.Object({
  status: Type.Literal('ok'),
  timestamp: InstantSchema
}, { description: 'The process is up', examples: [example] })

export const ReadySchema = Type.Object({
  status: Type.Literal('ok'),
  timestamp: InstantSchema,
  warnings: Type.Array(Type.String(), { description: 'What an operator should look at soon, such as a sweep that is stopped' }),
  unrecorded_calls: Type.Integer({ description: 'Call starts since the start that were answered, but not recorded; their post-calls restore them' })
}, { description: 'Calls can be answered with memory', examples: [{ ...example, warnings: [], unrecorded_calls: 0 }] })
