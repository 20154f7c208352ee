import { Type, type Static } from '@sinclair/typebox'
import { Documented, Nullable, OneOf, strict } from './common.ts'

const ElevenLabsId = () => Type.String({ minLength: 1, maxLength: 200 })

const MadeSchema = Type.Object({
  kind: OneOf(['webhook', 'secret', 'tool', 'number']),
  id: ElevenLabsId(),
  name: Type.String({ maxLength: 200 }),
  fingerprint: Nullable(Type.String({ maxLength: 64 }), {
    description: 'Of the secret: the first digits of its SHA-256. Null for what has none'
  }),
  is_ready: Type.Boolean({ description: 'False between the steps that make it' })
}, { description: 'Something that connect made at ElevenLabs' })

const ChangedSchema = Type.Object({
  target: OneOf(['agent', 'settings', 'number']),
  id: Type.String({ maxLength: 200, description: 'Of the agent or the number; empty for the settings' }),
  branch_id: Nullable(ElevenLabsId()),
  path: Type.Array(Type.String({ maxLength: 200 }), { maxItems: 20 }),
  is_item: Type.Boolean({ description: 'Whether it is an entry of the list at `path`' }),
  had: Type.Boolean({ description: 'Whether there was something at `path`' }),
  before: Type.Unknown(),
  after: Type.Unknown()
}, { description: 'A setting at ElevenLabs that connect changed, with what was there before' })

/** Some 8 KB are kept of each agent. */
export const MAX_CONNECTION_BYTES = 1024 * 1024

export const ConnectionBodySchema = Type.Object({
  made: Type.Array(MadeSchema, { maxItems: 200 }),
  changed: Type.Array(ChangedSchema, { maxItems: 2000 })
}, { ...strict, description: 'What connect did, so that disconnect can undo it' })

const BridgeIdSchema = Type.String({
  pattern: '^[0-9a-f-]{36}$',
  description: 'A random id that is kept with the data',
  examples: ['0b54ae39-5d4b-4d0e-8f6a-0d1f0d9f3f5e']
})

/** Stored. */
export const ConnectionSchema = Type.Object({
  version: Type.Literal(1),
  bridge_id: BridgeIdSchema,
  ...ConnectionBodySchema.properties
})

export const ConnectionResponseSchema = Documented({
  status: Type.Literal('ok'),
  bridge_id: BridgeIdSchema,
  ...ConnectionBodySchema.properties
}, 'What connect did at ElevenLabs', {
  status: 'ok',
  bridge_id: '0b54ae39-5d4b-4d0e-8f6a-0d1f0d9f3f5e',
  made: [{ kind: 'tool', id: 'tool_0001', name: 'recall', fingerprint: null, is_ready: true }],
  changed: []
})

export type Connection = Static<typeof ConnectionSchema>
export type ConnectionBody = Static<typeof ConnectionBodySchema>
export type Made = Static<typeof MadeSchema>
export type Changed = Static<typeof ChangedSchema>
