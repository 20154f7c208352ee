import { Type } from '@sinclair/typebox'
import { InstantSchema } from './common.ts'

const example = { status: 'ok', timestamp: '2026-11-22T09:30:00.000Z' }

export const HealthSchema = Type.Object({
  status: Type.Literal('ok'),
  timestamp: InstantSchema
}, { description: 'The process is up', examples: [example] })

const CircuitSchema = Type.Union([Type.Literal('closed'), Type.Literal('open'), Type.Literal('half-open')])

export const ReadySchema = Type.Object({
  status: Type.Literal('ok'),
  timestamp: InstantSchema,
  warnings: Type.Array(Type.String(), { description: 'What an operator should look at soon, such as a sweep that is stopped' }),
  unrecorded_calls: Type.Integer({ description: 'Call starts since the start that were answered, but not recorded; their post-calls restore them' }),
  closed_connections: Type.Integer({ description: 'Connections since the start that were closed because there were too many, or they did not read' }),
  circuits: Type.Object({ model: CircuitSchema, elevenlabs: CircuitSchema }, {
    description: 'Whether requests go to the model, and to ElevenLabs for transcripts: `closed` when they do, ' +
      '`open` for 30 seconds to 5 minutes after three in a row did not get there, `half-open` when the next one decides'
  })
}, {
  description: 'Calls can be answered with memory',
  examples: [{ ...example, warnings: [], unrecorded_calls: 0, closed_connections: 0, circuits: { model: 'closed', elevenlabs: 'closed' } }]
})
