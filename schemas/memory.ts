import { Type } from '@sinclair/typebox'
import { CallerNameSchema, ExpirySchema, FactTextSchema, InstantSchema, LanguageSchema, Nullable, PhoneHashSchema, strict } from './common.ts'
import { CallerRecordSchema, FactSchema, OpenItemSchema, StoredCallerSchema } from './caller-record.ts'

const phoneHash = PhoneHashSchema.examples[0]
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
  phone_hash: phoneHash,
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

export const FactParamsSchema = Type.Object({
  phone_hash: PhoneHashSchema,
  fact_id: Type.String({ minLength: 1, maxLength: 64, description: 'The id of a fact, as in the caller\'s record' })
})

export const OpenItemParamsSchema = Type.Object({
  phone_hash: PhoneHashSchema,
  item_id: Type.String({ minLength: 1, maxLength: 64, description: 'The id of an open item, as in the caller\'s record' })
})

const pinned = Type.Boolean({ description: 'true or false; pinned facts are told before all others' })

export const NewFactSchema = Type.Object({
  fact: FactTextSchema,
  pinned: Type.Optional(pinned),
  expires_at: Type.Optional(ExpirySchema)
}, { ...strict, description: 'fact, and if wanted pinned and expires_at', examples: [{ fact: fact.text }] })

export const FactPatchSchema = Type.Object({
  fact: Type.Optional(FactTextSchema),
  pinned: Type.Optional(pinned),
  expires_at: Type.Optional(ExpirySchema)
}, { ...strict, minProperties: 1, description: 'one or more of fact, pinned and expires_at', examples: [{ pinned: true }] })

export const ProfilePatchSchema = Type.Object({
  caller_name: Type.Optional(Nullable(CallerNameSchema)),
  language: Type.Optional(Nullable(LanguageSchema)),
  remember: Type.Optional(Type.Boolean({ description: 'false erases everything and opts the caller out; true lets them be remembered again' }))
}, { ...strict, minProperties: 1, description: 'one or more of caller_name, language and remember', examples: [{ caller_name: 'Dana' }] })

export const FactCountSchema = Type.Object({
  status: Type.Literal('ok'),
  phone_hash: PhoneHashSchema,
  total_facts: Type.Integer({ description: 'Facts that hold now' })
}, { description: 'Done', examples: [{ status: 'ok', phone_hash: phoneHash, total_facts: 2 }] })

export const FactAddedSchema = Type.Object({
  ...FactCountSchema.properties,
  fact_id: Type.String()
}, { description: 'Stored, or stored before', examples: [{ status: 'ok', phone_hash: phoneHash, total_facts: 2, fact_id: fact.id }] })

export const FactResponseSchema = Type.Object(FactSchema.properties, { description: 'The fact as it is now', examples: [fact] })

export const FactHistorySchema = Type.Object({
  facts: Type.Array(FactSchema, { description: 'Oldest first; each but the last names the one that took its place' })
}, {
  description: 'What a fact was before, and what became of it',
  examples: [{
    facts: [
      { ...fact, id: '7c1f0f4e-52a6-4a3c-9d1b-0b6f3b0c9a10', text: 'Lives in Boston', source: 'call', superseded_by: fact.id, ended_at: at },
      { ...fact, text: 'Lives in Denver', source: 'call', evidence: 'We moved to Denver in May.', conversation_id: 'conv_0001' }
    ]
  }]
})

export const OpenItemResponseSchema = Type.Object(OpenItemSchema.properties, {
  description: 'The item as it is now',
  examples: [{
    id: fact.id, text: 'We call back on Tuesday', evidence: 'We will call you back on Tuesday.', conversation_id: 'conv_0001', created_at: at, closed_at: at
  }]
})

export const CallerResponseSchema = Type.Union(StoredCallerSchema.anyOf, {
  description: 'The record itself, or the stub of a caller who opted out',
  examples: [record, { phone_hash: phoneHash, remember: false }]
})

export const ErasureSchema = Type.Object({
  status: Type.Literal('ok'),
  phone_hash: PhoneHashSchema,
  erased_at: InstantSchema,
  storage: Type.Union([Type.Literal('files'), Type.Literal('postgresql')], {
    description: 'From where: `files` is DATA_DIR of this bridge, copies that were set aside and temp files too; `postgresql` is the database. Backups, and what ElevenLabs and OpenClaw keep, are not part of it.'
  }),
  removed: Type.Object({
    record: Type.Boolean({ description: 'Whether there was a record; it went whole' }),
    name: Type.Boolean({ description: 'Whether there was a name in it' }),
    facts: Type.Integer(),
    notes: Type.Integer({ description: 'The caller\'s own' }),
    calls: Type.Integer({ description: 'Calls counted, summaries included' })
  })
}, {
  description: 'A receipt: what was erased, when and from where. Nothing that began before can come back',
  examples: [{
    status: 'ok', phone_hash: phoneHash, erased_at: at, storage: 'files', removed: { record: true, name: true, facts: 2, notes: 1, calls: 3 }
  }]
})

export const CallerPageQuerySchema = Type.Object({
  after: Type.Optional(PhoneHashSchema),
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50, description: 'Callers on a page, 1 to 200' })
}, strict)

const fields = CallerRecordSchema.properties
export const CallerPageSchema = Type.Object({
  callers: Type.Array(Type.Object({
    phone_hash: fields.phone_hash,
    remember: Type.Boolean(),
    caller_name: fields.caller_name,
    language: fields.language,
    call_count: fields.call_count,
    total_facts: Type.Integer(),
    pending_facts: Type.Integer({ description: 'Learnt facts that wait for your word' }),
    first_seen: fields.first_seen,
    last_seen: fields.last_seen
  }), { description: 'By phone hash' }),
  next: Nullable(Type.String({ description: 'Hand it in as `after` for the next page; null on the last' }))
}, {
  description: 'One page of callers',
  examples: [{
    callers: [{ phone_hash: phoneHash, remember: true, caller_name: 'Dana', language: 'en', call_count: 3, total_facts: 2, pending_facts: 0, first_seen: at, last_seen: at }],
    next: null
  }]
})

const PhoneSchema = Type.String({ minLength: 1, maxLength: 60, description: 'A phone number, best with + and country code', examples: ['+15550100123'] })

export const LookupSchema = Type.Object({ phone: PhoneSchema }, { ...strict, description: 'phone', examples: [{ phone: '+15550100123' }] })

export const LookupResponseSchema = Type.Object({
  phone_hash: PhoneHashSchema,
  known: Type.Boolean({ description: 'Whether there is a record, or an opt-out' }),
  own_number: Type.Boolean({ description: 'Whether it is one of our own numbers, under which nobody is remembered' })
}, { description: 'The caller\'s key', examples: [{ phone_hash: phoneHash, known: true, own_number: false }] })
