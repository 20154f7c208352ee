import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Note } from '../../schemas/caller-record.ts'
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
    const note = {
      id: randomUUID(),
      created_at: fastify.now().toISOString(),
      expires_at: storedEnd('body/expires_at', body.expires_at, fastify.now()) ?? null
    }
    const added = phoneHash === null
      ? await store.updateDocument('notes', addGlobalNote({ ...note, text: fastify.redact(body.note) }))
      : await store.update(phoneHash, addCallerNote(
        changeContext(fastify, phoneHash), { ...note, text: maskedText(fastify, phoneHash, body.note) }))
    return { status: 'ok' as const, ...shown(added, phoneHash === null) }
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
    return { notes: (notes ?? []).map((note) => shown(note, phoneHash === undefined)) }
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

function shown ({ text, created_at: createdAt, ...note }: Note, isGlobal: boolean) {
  return { ...note, note: text, timestamp: Math.floor(Date.parse(createdAt) / 1000), global: isGlobal }
}

export default noteRoutes
