import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AdminErrors, ConflictError, NotFoundError } from '../../schemas/error.ts'
import {
  NewNoteSchema, NoteAddedSchema, NoteListSchema, NoteParamsSchema, NoteRemovedSchema, NoteScopeQuerySchema
} from '../../schemas/note.ts'

const noteRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.post('/notes', {
    schema: {
      summary: 'Add a note',
      description: 'The agent is told a note until `expires_at`: the 10 newest for everybody, and as many of the ' +
        'caller\'s own as fit.',
      tags: ['notes'],
      body: NewNoteSchema,
      response: { 200: NoteAddedSchema, ...AdminErrors, ...ConflictError }
    }
  }, async ({ body }) => {
    const phoneHash = body.phone_hash ?? null
    const note = await fastify.memory.addNote(phoneHash, body.note, body.expires_at ?? null)
    return { status: 'ok' as const, timestamp: secondsOf(note.created_at), global: phoneHash === null, id: note.id }
  })

  fastify.get('/notes', {
    schema: {
      summary: 'List notes',
      description: 'Lists the notes for everybody; with `phone_hash`, a caller\'s own.',
      tags: ['notes'],
      querystring: NoteScopeQuerySchema,
      response: { 200: NoteListSchema, ...AdminErrors }
    }
  }, async ({ query }) => {
    const phoneHash = query.phone_hash ?? null
    const notes = await fastify.memory.listNotes(phoneHash)
    return {
      notes: notes.map(({ id, text, created_at: createdAt, expires_at: expiresAt }) => ({
        id, note: text, timestamp: secondsOf(createdAt), expires_at: expiresAt, global: phoneHash === null
      }))
    }
  })

  fastify.delete('/notes/:note_id', {
    schema: {
      summary: 'Delete a note',
      tags: ['notes'],
      params: NoteParamsSchema,
      querystring: NoteScopeQuerySchema,
      response: { 200: NoteRemovedSchema, ...AdminErrors, ...NotFoundError }
    }
  }, async ({ params, query }) => {
    await fastify.memory.removeNote(query.phone_hash ?? null, params.note_id)
    return { status: 'ok' as const }
  })
}

function secondsOf (instant: string): number {
  return Math.floor(Date.parse(instant) / 1000)
}

export default noteRoutes
