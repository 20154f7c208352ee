import { Type, type Static } from '@sinclair/typebox'
import {
  Body, CallerNameSchema, Documented, ExpirySchema, FactTextSchema, InstantSchema, LanguageSchema, NextSchema,
  Nullable, OneOf, pageQuery, PHONE_HASH, PhoneHashSchema, strict
} from './common.ts'
import { CallerRecordSchema, FactSchema, OpenItemSchema, StoredCallerSchema } from './caller-record.ts'

const at = '2026-11-22T09:30:00.000Z'
const fact = {
  id: '0f4c9a52-6a0d-4c1e-9f37-51e9a2f0b7aa',
  text: 'Prefers deliveries in the morning',
  source: 'operator',
  evidence: null,
  pinned: false,
  created_at: at,
  updated_at: at,
  expires_at: null,
  superseded_by: null
}
const record = {
  version: 1,
  phone_hash: PHONE_HASH,
  session_id: '5b0f6a1e-7a0c-4b53-8f35-2f8f0f9a3c11',
  caller_name: 'Dana',
  language: 'en',
  remember: true,
  created_at: at,
  first_seen: at,
  last_seen: at,
  call_count: 1,
  facts: [fact],
  notes: [],
  calls: [],
  folded_calls: []
}

export const CallerParamsSchema = Type.Object({ phone_hash: PhoneHashSchema })

const IdOf = (what: string) =>
  Type.String({ minLength: 1, maxLength: 64, description: `The id of ${what}, from the caller's record` })

export const FactParamsSchema = Type.Object({ phone_hash: PhoneHashSchema, fact_id: IdOf('a fact') })

export const OpenItemParamsSchema = Type.Object({ phone_hash: PhoneHashSchema, item_id: IdOf('an open item') })

export const CallParamsSchema = Type.Object({
  phone_hash: PhoneHashSchema,
  call_id: Type.String({
    minLength: 1,
    maxLength: 200,
    description: 'The number of a call, from the caller\'s record, or ElevenLabs\' conversation id'
  })
})

export const NewFactSchema = Body({
  fact: FactTextSchema,
  pinned: Type.Optional(Type.Boolean({ description: 'true or false: pinned facts are told before all others' })),
  expires_at: Type.Optional(ExpirySchema)
}, 'an object with fact, and optionally pinned and expires_at', { fact: fact.text })

export const FactPatchSchema = Type.Partial(NewFactSchema, {
  minProperties: 1,
  description: 'an object with at least one of fact, pinned and expires_at',
  examples: [{ pinned: true }]
})

export const ProfilePatchSchema = Body({
  caller_name: Type.Optional(Nullable(CallerNameSchema)),
  language: Type.Optional(Nullable(LanguageSchema)),
  remember: Type.Optional(Type.Boolean({
    description: 'false opts the caller out and erases everything; true ends the opt-out'
  })),
  forget_wishes: Type.Optional(Type.Null({
    description: 'null when you have seen to what the caller asked the agent to forget; DELETE erases the caller'
  }))
}, 'an object with at least one of caller_name, language, remember and forget_wishes', {
  caller_name: 'Dana'
}, { minProperties: 1 })

export const FactCountSchema = Documented({
  status: Type.Literal('ok'),
  phone_hash: PhoneHashSchema,
  total_facts: Type.Integer({ description: 'How many current facts the caller has' })
}, 'Done', { status: 'ok', phone_hash: PHONE_HASH, total_facts: 2 })

export const FactAddedSchema = Documented({
  ...FactCountSchema.properties,
  fact_id: Type.String()
}, 'The fact is stored, or already was', { status: 'ok', phone_hash: PHONE_HASH, total_facts: 2, fact_id: fact.id })

export const FactResponseSchema = Documented(FactSchema.properties, 'The fact after the change', fact)

export const FactHistorySchema = Documented({
  facts: Type.Array(FactSchema, { description: 'Oldest first; each one names its successor in superseded_by' })
}, 'What the fact was before, and what became of it', {
  facts: [
    {
      ...fact,
      id: '7c1f0f4e-52a6-4a3c-9d1b-0b6f3b0c9a10',
      text: 'Lives in Boston',
      source: 'call',
      superseded_by: fact.id,
      ended_at: at
    },
    {
      ...fact,
      text: 'Lives in Denver',
      source: 'call',
      evidence: 'We moved to Denver in May.',
      conversation_id: 'conv_0001'
    }
  ]
})

export const OpenItemResponseSchema = Documented(OpenItemSchema.properties, 'The open item after the change', {
  id: fact.id,
  text: 'We call back on Tuesday',
  evidence: 'We will call you back on Tuesday.',
  conversation_id: 'conv_0001',
  created_at: at,
  closed_at: at
})

export const ToldResponseSchema = Documented({
  number: Type.Integer(),
  conversation_id: Nullable(Type.String()),
  started_at: InstantSchema,
  told: Type.Array(Type.Object({
    id: Type.String(),
    kind: Nullable(Type.String({
      description: 'name, fact, open-item, note (the caller\'s own), global-note or call (its summary); null when it ' +
        'is not known any more'
    })),
    text: Nullable(Type.String({
      description: 'The words, or `deleted on …`; null for a call of a version before 0.4.0 that did not keep them'
    })),
    deleted_at: Nullable(InstantSchema)
  }))
}, 'What the agent was told, most important first', {
  number: 3,
  conversation_id: 'conv_0001',
  started_at: at,
  told: [{ id: fact.id, kind: 'fact', text: fact.text, deleted_at: null }]
})

export const CallerResponseSchema = Type.Union(StoredCallerSchema.anyOf, {
  description: 'The caller record. For a caller who opted out, only the phone hash and `remember: false`',
  examples: [record, { phone_hash: PHONE_HASH, remember: false }]
})

export const ErasureSchema = Documented({
  status: Type.Literal('ok'),
  phone_hash: PhoneHashSchema,
  erased_at: InstantSchema,
  storage: OneOf(['files', 'postgresql'], {
    description: 'Where it was erased: `files` is the DATA_DIR of this bridge, with quarantined copies and temp ' +
      'files; `postgresql` is the database. Backups, and what ElevenLabs and OpenClaw keep, are not erased.'
  }),
  removed: Type.Object({
    record: Type.Boolean({ description: 'Whether there was a record; all of it was erased' }),
    name: Type.Boolean({ description: 'Whether the record had a name' }),
    facts: Type.Integer(),
    notes: Type.Integer({ description: 'The caller\'s own' }),
    calls: Type.Integer({ description: 'The call count; their summaries were erased, too' })
  })
}, 'A receipt: what was erased, when and where. A late webhook about an earlier call brings nothing back', {
  status: 'ok',
  phone_hash: PHONE_HASH,
  erased_at: at,
  storage: 'files',
  removed: { record: true, name: true, facts: 2, notes: 1, calls: 3 }
})

export const CallerPageQuerySchema = Type.Object(pageQuery, strict)

const fields = CallerRecordSchema.properties
export const CallerPageSchema = Documented({
  callers: Type.Array(Type.Object({
    phone_hash: fields.phone_hash,
    remember: Type.Boolean(),
    caller_name: fields.caller_name,
    language: fields.language,
    call_count: fields.call_count,
    total_facts: Type.Integer(),
    pending_facts: Type.Integer({ description: 'Learnt facts that wait for approval' }),
    forget_wishes: Type.Integer({ description: 'What the caller asked the agent to forget, and waits for you' }),
    first_seen: fields.first_seen,
    last_seen: fields.last_seen
  }), { description: 'By phone hash' }),
  next: NextSchema
}, 'One page of callers', {
  callers: [{
    phone_hash: PHONE_HASH,
    remember: true,
    caller_name: 'Dana',
    language: 'en',
    call_count: 3,
    total_facts: 2,
    pending_facts: 0,
    forget_wishes: 0,
    first_seen: at,
    last_seen: at
  }],
  next: null
})

const PhoneSchema = Type.String({
  minLength: 1,
  maxLength: 60,
  description: 'A phone number, best with + and country code',
  examples: ['+15550100123']
})

export const LookupSchema = Body({ phone: PhoneSchema }, 'an object with phone', { phone: '+15550100123' })

export const LookupResponseSchema = Documented({
  phone_hash: PhoneHashSchema,
  known: Type.Boolean({ description: 'Whether the caller has a record, or opted out' }),
  own_number: Type.Boolean({ description: 'Whether it is one of your own numbers; these are never callers' })
}, 'The phone hash of the number', { phone_hash: PHONE_HASH, known: true, own_number: false })

export type NewFact = Static<typeof NewFactSchema>
export type FactPatch = Static<typeof FactPatchSchema>
export type ProfilePatch = Static<typeof ProfilePatchSchema>
export type RemovedParts = Static<typeof ErasureSchema>['removed']
