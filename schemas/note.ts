import { Type } from '@sinclair/typebox'
import {
  Body, Documented, ExpirySchema, InstantSchema, NoteTextSchema, Nullable, OptionalPhoneHash, PHONE_HASH,
  PhoneHashSchema, strict
} from './common.ts'

const NoteIdSchema = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'The id of a note, from GET /api/notes'
})
const NotePendingReasonSchema = Type.Optional(Type.Literal('order', {
  description: 'Set when the agent is not told the note, because it reads like an order to the agent'
}))
const NoteSecondsSchema = Type.Integer({ description: 'When it was added, Unix seconds', examples: [1795340000] })

export const NewNoteSchema = Body({
  note: NoteTextSchema,
  phone_hash: Type.Optional(Nullable(PhoneHashSchema)),
  expires_at: Type.Optional(ExpirySchema)
}, 'an object with note, and optionally phone_hash (without it, the note is for everybody) and expires_at', {
  note: 'The shop closes at noon today', phone_hash: null
})

export const NoteAddedSchema = Documented({
  status: Type.Literal('ok'),
  timestamp: NoteSecondsSchema,
  global: Type.Boolean({ description: 'Whether the note is for everybody' }),
  id: NoteIdSchema,
  pending_reason: NotePendingReasonSchema
}, 'Stored', { status: 'ok', timestamp: 1795340000, global: true, id: '0f4c9a52-6a0d-4c1e-9f37-51e9a2f0b7aa' })

export const NoteScopeQuerySchema = Type.Object({
  phone_hash: OptionalPhoneHash('The phone hash of the caller whose own notes are meant, from POST ' +
    `/api/callers/lookup, such as ${PHONE_HASH}; without it, notes for everybody`)
}, strict)

export const NoteParamsSchema = Type.Object({ note_id: NoteIdSchema })

export const NoteListSchema = Documented({
  notes: Type.Array(Type.Object({
    id: NoteIdSchema,
    note: NoteTextSchema,
    timestamp: NoteSecondsSchema,
    expires_at: Nullable(InstantSchema),
    global: Type.Boolean(),
    pending_reason: NotePendingReasonSchema
  }), { description: 'Oldest first, expired ones included' })
}, 'The notes for everybody, or a caller\'s own', {
  notes: [{
    id: '0f4c9a52-6a0d-4c1e-9f37-51e9a2f0b7aa',
    note: 'The shop closes at noon today',
    timestamp: 1795340000,
    expires_at: null,
    global: true
  }]
})

export const NoteRemovedSchema = Documented({ status: Type.Literal('ok') }, 'Deleted', { status: 'ok' })
