import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AdminErrors, ConflictError, NotFoundError } from '../../schemas/error.ts'
import {
  NewNoteSchema, NoteAddedSchema, NoteListSchema, NoteParamsSchema, NoteRemovedSchema, NoteScopeQuerySchema
} from '../../schemas/note.ts'
import { activeRecord } from '../../src/caller/caller.ts'
import { addCallerNote, addGlobalNote, removeCallerNote, removeGlobalNote } from '../../src/caller/notes.ts'
import { changeContext, maskedText, storedEnd } from '../../src/operator.ts'

const noteRoutes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { store } = fastify

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
    const id = randomUUID()
    const createdAt = fastify.now().toISOString()
    const expiresAt = storedEnd('body/expires_at', body.expires_at, fastify.now()) ?? null
    const note = { id, created_at: createdAt, expires_at: expiresAt }
    if (phoneHash === null) {
      await store.updateDocument('notes', addGlobalNote({ ...note, text: fastify.redact(body.note) }))
      return { status: 'ok' as const, timestamp: secondsOf(createdAt), global: true, id }
    }
    const text = maskedText(fastify, phoneHash, body.note)
    const change = addCallerNote(changeContext(fastify, phoneHash), { ...note, text })
    const { pending_reason: reason } = await store.update(phoneHash, change)
    return {
      status: 'ok' as const,
      timestamp: secondsOf(createdAt),
      global: false,
      id,
      ...(reason === undefined ? {} : { pending_reason: reason })
    }
  })

  fastify.get('/notes', {
    schema: {
      summary: 'List notes',
      description: 'Lists the notes for everybody; with `phone_hash`, a caller\'s own.',
      tags: ['notes'],
      querystring: NoteScopeQuerySchema,
      response: { 200: NoteListSchema, ...AdminErrors }
    }
  }, async ({ query: { phone_hash: phoneHash } }) => {
    const notes = phoneHash === undefined
      ? (await store.loadDocument('notes'))?.notes
      : activeRecord(await store.load(phoneHash))?.notes
    return {
      notes: (notes ?? []).map((note) => ({
        id: note.id,
        note: note.text,
        timestamp: secondsOf(note.created_at),
        expires_at: note.expires_at,
        global: phoneHash === undefined,
        ...(note.pending_reason === undefined ? {} : { pending_reason: note.pending_reason })
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
  }, async ({ params: { note_id: noteId }, query: { phone_hash: phoneHash } }) => {
    const now = fastify.now().toISOString()
    if (phoneHash === undefined) await store.updateDocument('notes', removeGlobalNote(noteId, now))
    else await store.update(phoneHash, removeCallerNote(noteId, now))
    return { status: 'ok' as const }
  })
}

function secondsOf (instant: string): number {
  return Math.floor(Date.parse(instant) / 1000)
}

export default noteRoutes
