import { Type } from '@sinclair/typebox'
import { Documented, InstantSchema, Nullable, OneOf } from './common.ts'

const example = { status: 'ok', timestamp: '2026-11-22T09:30:00.000Z' }

export const HealthSchema = Documented({
  status: Type.Literal('ok'),
  timestamp: InstantSchema,
  bridge_id: Nullable(Type.String(), {
    description: 'A random id that is kept with the data: tells whether an address leads to this bridge. Null until ' +
      'the storage could be read'
  })
}, 'The process is up', { ...example, bridge_id: '0b54ae39-5d4b-4d0e-8f6a-0d1f0d9f3f5e' })

export const CircuitSchema = OneOf(['closed', 'open', 'half-open'])

export const ReadySchema = Documented({
  status: Type.Literal('ok'),
  timestamp: InstantSchema,
  warnings: Type.Array(Type.String(), {
    description: 'What an operator should look at soon, such as a stopped sweep'
  }),
  unrecorded_calls: Type.Integer({
    description: 'Call starts, since the process started, that got a response but were not recorded; their call end ' +
      'adds them'
  }),
  closed_connections: Type.Integer({
    description: 'Connections, since the process started, that were closed because there were too many, or because ' +
      'they did not read'
  }),
  circuits: Type.Object({ model: CircuitSchema, elevenlabs: CircuitSchema }, {
    description: 'Whether the bridge sends requests to the model, and to ElevenLabs for transcripts: `closed` while ' +
      'it does; `open` while it pauses for 30 seconds to 5 minutes, after three requests in a row failed; ' +
      '`half-open` while one request tries'
  })
}, 'The storage can be read and written', {
  ...example,
  warnings: [],
  unrecorded_calls: 0,
  closed_connections: 0,
  circuits: { model: 'closed', elevenlabs: 'closed' }
})
