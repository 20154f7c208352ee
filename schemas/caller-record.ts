import { Type, type Static } from '@sinclair/typebox'
import { CallerNameSchema, FactTextSchema, InstantSchema, LanguageSchema, NoteTextSchema, Nullable, PhoneHashSchema } from './common.ts'

export const FactSchema = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 64, examples: ['0f4c9a52-6a0d-4c1e-9f37-51e9a2f0b7aa'] }),
  text: FactTextSchema,
  source: Type.String({ maxLength: 40, description: 'Who said so', examples: ['operator'] }),
  evidence: Nullable(Type.String({ maxLength: 2000, description: 'What the fact rests on' })),
  pinned: Type.Boolean({ description: 'Pinned facts are told before all others', examples: [false] }),
  created_at: InstantSchema,
  updated_at: InstantSchema,
  expires_at: Nullable(InstantSchema),
  superseded_by: Nullable(Type.String({ maxLength: 64, description: 'The id of the fact that took its place' }))
})

export const NoteSchema = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 64 }),
  text: NoteTextSchema,
  created_at: InstantSchema,
  expires_at: Nullable(InstantSchema)
})

/** How a call is recognised when it is heard of again. */
const callIdentity = {
  number: Type.Integer({ minimum: 1, description: 'Which call of this caller it is, from 1', examples: [3] }),
  conversation_id: Nullable(Type.String({ maxLength: 200, examples: ['conv_0001'] })),
  call_sid: Nullable(Type.String({ maxLength: 200, examples: ['CA00000000000000000000000000000001'] }))
}

export const CallSchema = Type.Object({
  ...callIdentity,
  direction: Type.Union([Type.Literal('inbound'), Type.Literal('outbound')]),
  started_at: InstantSchema,
  ended_at: Nullable(InstantSchema),
  duration_secs: Nullable(Type.Integer({ minimum: 0, description: 'Seconds', examples: [42] })),
  status: Type.String({
    maxLength: 40,
    description: '`ringing` until the post-call webhook came, then what it said: `done`, `failed`, …',
    examples: ['done']
  }),
  failure_reason: Nullable(Type.String({ maxLength: 200, description: 'Why a failed call failed', examples: [null] })),
  title: Nullable(Type.String({ maxLength: 200, examples: ['Delivery preference'] })),
  summary: Nullable(Type.String({ maxLength: 4000, examples: ['Caller changed a delivery preference.'] }))
})

export const FoldedCallSchema = Type.Object(callIdentity)

export const CallerRecordSchema = Type.Object({
  version: Type.Literal(1),
  phone_hash: PhoneHashSchema,
  session_id: Type.String({ minLength: 1, maxLength: 64, description: 'The same on every call of this caller' }),
  caller_name: Nullable(CallerNameSchema),
  language: Nullable(LanguageSchema),
  remember: Type.Literal(true),
  created_at: InstantSchema,
  first_seen: Nullable(InstantSchema),
  last_seen: Nullable(InstantSchema),
  call_count: Type.Integer({ minimum: 0, examples: [3] }),
  facts: Type.Array(FactSchema, { description: 'Oldest first; 1000, or more where two records of one caller were united', maxItems: 2000 }),
  notes: Type.Array(NoteSchema, { description: 'Oldest first; 100, or more where two records of one caller were united', maxItems: 200 }),
  calls: Type.Array(CallSchema, { description: 'The newest 20, oldest first', maxItems: 20 }),
  folded_calls: Type.Array(FoldedCallSchema, {
    description: 'Ids of up to 200 older calls, oldest first: a late repeat is still recognised',
    maxItems: 200
  })
}, { description: 'Everything known about one caller' })

export const OptedOutSchema = Type.Object({
  phone_hash: PhoneHashSchema,
  remember: Type.Literal(false)
}, { description: 'A caller who asked not to be remembered' })

/** What a caller's file holds. */
export const StoredCallerSchema = Type.Union([CallerRecordSchema, OptedOutSchema])

export const ErasureMarkSchema = Type.Object({ phone_hash: PhoneHashSchema, erased_at: InstantSchema })

export const GlobalNotesSchema = Type.Object({ version: Type.Literal(1), notes: Type.Array(NoteSchema) })

export const OwnNumbersSchema = Type.Object({ version: Type.Literal(1), phone_hashes: Type.Array(PhoneHashSchema) })

const Count = (description: string) => Type.Integer({ minimum: 0, description })

/** The last sweep through all callers: how far it has come, who is at it, and what it did so far. */
export const SweepSchema = Type.Object({
  version: Type.Literal(1),
  started_at: InstantSchema,
  finished_at: Nullable(InstantSchema),
  after: Nullable(PhoneHashSchema),
  claim: Nullable(Type.Object({ by: Type.String({ minLength: 1, maxLength: 64 }), until: InstantSchema })),
  counts: Type.Object({
    callers: Count('Looked at'),
    erased: Count('Callers'),
    facts: Count('That had ended, dropped'),
    notes: Count('That had ended, dropped'),
    marks: Count('Of old erasures, dropped'),
    unreadable: Count('Callers: damaged, or their seal did not open'),
    failed: Count('Callers whose change could not be written')
  })
})

/** One sealed word for each key that documents here may be sealed with. */
export const KeysInUseSchema = Type.Object({
  version: Type.Literal(1),
  seals: Type.Array(Type.String()),
  resealed: Type.Optional(Type.Object({ key_id: Type.String(), up_to: PhoneHashSchema }, {
    description: 'While everything is sealed anew: with which key, and how far'
  }))
})

/** The documents that are no caller's, by name. */
export const DOCUMENT_SCHEMAS = {
  notes: GlobalNotesSchema,
  'own-numbers': OwnNumbersSchema,
  sweep: SweepSchema,
  keys: KeysInUseSchema
}

export type Fact = Static<typeof FactSchema>
export type Note = Static<typeof NoteSchema>
export type Call = Static<typeof CallSchema>
export type FoldedCall = Static<typeof FoldedCallSchema>
export type CallerRecord = Static<typeof CallerRecordSchema>
export type StoredCaller = Static<typeof StoredCallerSchema>
export type ErasureMark = Static<typeof ErasureMarkSchema>
export type GlobalNotes = Static<typeof GlobalNotesSchema>
export type OwnNumbers = Static<typeof OwnNumbersSchema>
export type Sweep = Static<typeof SweepSchema>
export type KeysInUse = Static<typeof KeysInUseSchema>
export type DocumentName = keyof typeof DOCUMENT_SCHEMAS
export type Documents = { [N in DocumentName]: Static<(typeof DOCUMENT_SCHEMAS)[N]> }
