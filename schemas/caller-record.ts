import { Type, type Static } from '@sinclair/typebox'
import {
  CallerNameSchema, Count, FactTextSchema, Instant, InstantSchema, LanguageSchema, NoteTextSchema, Nullable, OneOf,
  PhoneHashSchema
} from './common.ts'
import { ConnectionSchema } from './connection.ts'

const IdSchema = Type.String({ minLength: 1, maxLength: 64, examples: ['0f4c9a52-6a0d-4c1e-9f37-51e9a2f0b7aa'] })

const ConversationIdSchema = Nullable(Type.String({ maxLength: 200, examples: ['conv_0001'] }))

/** When something is so, resolved from what was said on a call. Missing when the words name no day. */
const validity = {
  valid_from: Type.Optional(
    Instant('When the first day that it is about begins, in TIMEZONE', '2026-12-01T00:00:00.000Z')),
  valid_until: Type.Optional(Instant(
    'When the last day ends. A fact is not told any more from then on, and an open item is overdue. Missing when ' +
    'what was said does not end, or had passed already', '2026-12-02T00:00:00.000Z')),
  said_as: Type.Optional(Type.String({
    maxLength: 100,
    description: 'The words of the text that were resolved',
    examples: ['next Tuesday']
  }))
}

/** Made by `storedVector` in src/recall/vectors.ts. */
const VectorSchema = Type.String({
  pattern: '^\\d{1,4} [\\w-]{12} [\\w-]{171}$',
  description: 'With EMBEDDINGS_MODEL: what the words mean, for recall. The length of the model\'s vector, a hash of ' +
    'model and words, and one bit for each of 1,024 directions'
})

const PendingReasonSchema = OneOf([
  'order', 'unsupported', 'hypothetical', 'somebody-else', 'taken-back', 'contradiction', 'yours', 'unsure'
], {
  description: 'Why it waits: `order` reads like an order to the agent, `unsupported` was not said clearly enough, ' +
    '`hypothetical` was said with an "if" or "maybe", `somebody-else` is about or by another person, `taken-back` ' +
    'was taken back, `contradiction` contradicts something else, `yours` would replace a fact that you wrote or ' +
    'pinned, `unsure` is below LEARN_MIN_CONFIDENCE'
})

export const FactSchema = Type.Object({
  id: IdSchema,
  text: FactTextSchema,
  source: Type.String({
    maxLength: 40,
    description: 'Where the fact comes from: `operator`, `call` (learnt from a transcript), `collected` ' +
      '(ElevenLabs\' data collection) or `tool` (remembered or corrected during a call)',
    examples: ['operator']
  }),
  evidence: Nullable(Type.String({
    maxLength: 2000,
    description: 'What supports the fact: the caller\'s words, what a tool was given, or the rationale that came ' +
      'with collected data'
  })),
  pinned: Type.Boolean({ description: 'Pinned facts are told before all others', examples: [false] }),
  created_at: InstantSchema,
  updated_at: InstantSchema,
  expires_at: Nullable(InstantSchema),
  superseded_by: Nullable(Type.String({ maxLength: 64, description: 'The id of the fact that replaced this one' })),
  // Only learnt facts begin with these.
  conversation_id: Type.Optional(ConversationIdSchema),
  category: Type.Optional(Type.String({ maxLength: 40, examples: ['preference'] })),
  confidence: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'How sure the model is, 0 to 1' })),
  confirmed: Type.Optional(Type.Integer({ minimum: 1, description: 'How many later calls have said so again' })),
  label: Type.Optional(Type.String({ maxLength: 100, description: 'The identifier in ElevenLabs\' data collection' })),
  state: Type.Optional(OneOf(['pending', 'rejected', 'retired'], {
    description: 'Why the fact is not told: `pending` waits for approval, `rejected` was rejected by an operator, ' +
      '`retired` is no longer true. Missing when the fact is current or superseded'
  })),
  replaces: Type.Optional(Type.String({
    maxLength: 64,
    description: 'The id of the fact that this one replaces once it is approved'
  })),
  pending_reason: Type.Optional(PendingReasonSchema),
  // Set when the fact is superseded, retired or rejected.
  ended_at: Type.Optional(InstantSchema),
  noted_by: Type.Optional(Type.Literal('form', {
    description: 'Set when a value of data collection is not in the caller\'s own words'
  })),
  ...validity,
  vector: Type.Optional(VectorSchema)
})

export const OpenItemSchema = Type.Object({
  id: IdSchema,
  text: FactTextSchema,
  evidence: Type.String({ maxLength: 2000, description: 'The words that support it' }),
  conversation_id: ConversationIdSchema,
  created_at: InstantSchema,
  closed_at: Nullable(InstantSchema),
  ...validity,
  vector: Type.Optional(VectorSchema)
})

export const TurnSchema = Type.Object({
  number: Type.Integer({ minimum: 1 }),
  role: OneOf(['user', 'agent']),
  text: Type.String({ maxLength: 4000 })
})

export const LearningJobSchema = Type.Object({
  conversation_id: Type.String({ minLength: 1, maxLength: 200, examples: ['conv_0001'] }),
  state: OneOf(['waiting', 'failed']),
  tries: Count('How many times it was tried'),
  created_at: InstantSchema,
  due_at: InstantSchema,
  error: Nullable(Type.String({ maxLength: 300, description: 'Why the last try failed' })),
  turns: Nullable(Type.Array(TurnSchema, {
    maxItems: 2000,
    description: 'What was said. Null once it was dropped: the next try fetches it from ElevenLabs'
  }))
})

export const NoteSchema = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 64 }),
  text: NoteTextSchema,
  created_at: InstantSchema,
  expires_at: Nullable(InstantSchema),
  // Only a note for one caller that reads like an order to the agent has these.
  state: Type.Optional(Type.Literal('pending', { description: 'The note is kept, but not told' })),
  pending_reason: Type.Optional(Type.Literal('order')),
  vector: Type.Optional(VectorSchema)
})

const ToldIdSchema = Type.String({ maxLength: 200 })

export const NameRevisionSchema = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 100, examples: ['name-2026-11-22T09:30:00.000Z'] }),
  text: CallerNameSchema,
  source: OneOf(['operator', 'call']),
  created_at: InstantSchema,
  ended_at: Nullable(InstantSchema)
})

const DeletedIdSchema = Type.Object({
  id: ToldIdSchema,
  at: Instant('When it was deleted')
})

export const ToolCallSchema = Type.Object({
  tool: OneOf(['recall', 'remember', 'correct', 'forget']),
  at: InstantSchema,
  ms: Count('Milliseconds until it was worked out, without writing it down'),
  outcome: Type.String({ maxLength: 40, description: 'docs/tools.md lists them', examples: ['added'] }),
  ids: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 20, description: 'What was found or changed' }),
  words: Type.Optional(Type.String({
    maxLength: 700,
    description: 'What the tool was given. Missing where something was forgotten'
  }))
})

export const ForgetWishSchema = Type.Object({
  at: InstantSchema,
  conversation_id: ConversationIdSchema,
  fact_id: Nullable(Type.String({ maxLength: 64, description: 'The fact to be forgotten; null for everything' }))
})

/** What is needed to recognise a call in a later webhook. */
const callIdentity = {
  number: Type.Integer({ minimum: 1, description: 'Position among the caller\'s calls, from 1', examples: [3] }),
  conversation_id: ConversationIdSchema,
  call_sid: Nullable(Type.String({ maxLength: 200, examples: ['CA00000000000000000000000000000001'] }))
}

export const CallSchema = Type.Object({
  ...callIdentity,
  direction: OneOf(['inbound', 'outbound']),
  started_at: InstantSchema,
  ended_at: Nullable(InstantSchema),
  duration_secs: Nullable(Type.Integer({ minimum: 0, description: 'Seconds', examples: [42] })),
  status: Type.String({
    maxLength: 40,
    description: '`ringing` until the call end, then what ElevenLabs reports: `done`, `failed`, …',
    examples: ['done']
  }),
  failure_reason: Nullable(Type.String({ maxLength: 200, description: 'Why the call failed', examples: [null] })),
  title: Nullable(Type.String({ maxLength: 200, examples: ['Delivery preference'] })),
  summary: Nullable(Type.String({ maxLength: 4000, examples: ['Caller changed a delivery preference.'] })),
  withheld: Type.Optional(Type.Array(OneOf(['title', 'summary']), {
    maxItems: 2,
    description: 'What is not told, because it reads like an order to the agent'
  })),
  // Calls of versions before 0.3.0, and calls without a call end, lack some or all of the rest.
  told: Type.Optional(Type.Array(ToldIdSchema, {
    maxItems: 200,
    description: 'What the agent was told at call start, the most important first: ids of the name, facts, notes and ' +
      'open items, and conversation ids of earlier calls'
  })),
  // Missing in calls of versions before 0.4.0.
  told_words: Type.Optional(Type.Array(Type.Object({
    what: ToldIdSchema,
    text: Type.String({ maxLength: 4000 })
  }), {
    maxItems: 400,
    description: 'The words of told ids that may go before the call does. Facts and notes for everybody are found by ' +
      'their ids'
  })),
  outcome: Type.Optional(Nullable(Type.String({
    maxLength: 40,
    description: 'ElevenLabs\' verdict: success, failure or unknown',
    examples: ['success']
  }))),
  evaluation: Type.Optional(Type.Array(Type.Object({
    criteria_id: Type.String({ maxLength: 100 }),
    result: Type.String({ maxLength: 40 }),
    rationale: Nullable(Type.String({ maxLength: 1000 }))
  }), { maxItems: 30, description: 'Results of the agent\'s evaluation criteria' })),
  learnt_at: Type.Optional(Nullable(Instant('When the bridge learnt from the transcript'))),
  transcript: Type.Optional(Type.Array(TurnSchema, { maxItems: 2000, description: 'Only with STORE_TRANSCRIPTS' })),
  vectors: Type.Optional(Type.Array(VectorSchema, {
    maxItems: 200,
    description: 'Of title and summary, and of every few turns'
  })),
  tools: Type.Optional(Type.Array(ToolCallSchema, {
    maxItems: 30,
    description: 'What the agent used during the call, the newest 30, oldest first'
  })),
  forgotten: Type.Optional(Type.Array(Type.String({ maxLength: 4000 }), {
    maxItems: 100,
    description: 'A few bits of a hash of each word that was forgotten during the call, so that it is not learnt again'
  }))
})

export const FoldedCallSchema = Type.Object(callIdentity)

export const CallerRecordSchema = Type.Object({
  version: Type.Literal(1),
  phone_hash: PhoneHashSchema,
  session_id: Type.String({ minLength: 1, maxLength: 64, description: 'The same on every call of this caller' }),
  caller_name: Nullable(CallerNameSchema),
  names: Type.Optional(Type.Array(NameRevisionSchema, {
    maxItems: 100,
    description: 'What the name was and is, oldest first. Missing until the name changes for the first time'
  })),
  language: Nullable(LanguageSchema),
  learnt_fields: Type.Optional(Type.Array(OneOf(['caller_name', 'language']), {
    maxItems: 2,
    description: 'Which of caller_name and language were learnt. A later call may change these; a value that an ' +
      'operator set stays'
  })),
  remember: Type.Literal(true),
  created_at: InstantSchema,
  first_seen: Nullable(InstantSchema),
  last_seen: Nullable(InstantSchema),
  call_count: Type.Integer({ minimum: 0, examples: [3] }),
  facts: Type.Array(FactSchema, {
    description: 'Oldest first: up to 1000, and 300 that have ended. Ended ones that one of the calls was told stay ' +
      'beyond that. Can be more after two records of one caller were merged',
    maxItems: 10_000
  }),
  open_items: Type.Optional(Type.Array(OpenItemSchema, {
    description: 'Promises and open questions, oldest first; above 50, closed ones are removed first',
    maxItems: 100
  })),
  jobs: Type.Optional(Type.Array(LearningJobSchema, {
    description: 'Calls that are still to be learnt from, oldest first',
    maxItems: 100
  })),
  forget_wishes: Type.Optional(Type.Array(ForgetWishSchema, {
    description: 'What the caller asked the agent to forget, and waits for you: the newest 20, oldest first',
    maxItems: 20
  })),
  notes: Type.Array(NoteSchema, {
    description: 'Oldest first, up to 100; can be more after two records of one caller were merged',
    maxItems: 200
  }),
  calls: Type.Array(CallSchema, { description: 'The newest 20, oldest first', maxItems: 20 }),
  folded_calls: Type.Array(FoldedCallSchema, {
    description: 'Ids of up to 200 older calls, oldest first, so that a late webhook about one is recognised',
    maxItems: 200
  }),
  deleted: Type.Optional(Type.Array(DeletedIdSchema, {
    maxItems: 10_000,
    description: 'What an operator has deleted and one of the calls was told. The words are gone'
  })),
  ahead: Type.Optional(Type.Object({ time: InstantSchema, found_at: InstantSchema }, {
    description: 'Set while the newest time in the record is in the future: that time, and when a sweep first found ' +
      'it. RETENTION_DAYS counts from when it was found'
  }))
}, { description: 'Everything known about one caller' })

export const OptedOutSchema = Type.Object({
  phone_hash: PhoneHashSchema,
  remember: Type.Literal(false)
}, { description: 'A caller who opted out' })

export const StoredCallerSchema = Type.Union([CallerRecordSchema, OptedOutSchema])

export const ErasureMarkSchema = Type.Object({ phone_hash: PhoneHashSchema, erased_at: InstantSchema })

export const GlobalNotesSchema = Type.Object({
  version: Type.Literal(1),
  notes: Type.Array(NoteSchema),
  deleted: Type.Optional(Type.Array(DeletedIdSchema, { description: 'Deleted notes, the newest 1,000' }))
})

export const OwnNumbersSchema = Type.Object({ version: Type.Literal(1), phone_hashes: Type.Array(PhoneHashSchema) })

export const SweepCountsSchema = Type.Object({
  callers: Count('Callers that were checked'),
  erased: Count('Callers that were erased'),
  facts: Count('Ended facts that were deleted'),
  notes: Count('Expired notes that were deleted'),
  marks: Count('Old erasure marks that were deleted'),
  unreadable: Count('Callers whose record is damaged or does not open'),
  failed: Count('Callers whose change could not be written')
})

const sweepCount = { callers: Count('Callers with a record'), to_erase: Count('How many of them it would erase') }

export const StoppedSweepSchema = Type.Object({
  reasons: Type.Array(OneOf(['share', 'clock']), {
    minItems: 1,
    description: '`share`: it would erase more than RETENTION_MAX_SHARE allows; `clock`: the clock was set while ' +
      'the bridge was running'
  }),
  counted_at: InstantSchema,
  ...sweepCount,
  max_share: Type.Integer({ minimum: 0, maximum: 100, description: 'RETENTION_MAX_SHARE, in percent' }),
  clock_drift_secs: Type.Integer({
    description: 'How many seconds the clock was set forward since the bridge started; negative if it was set back'
  })
})

/** A sweep counts before it erases. Both phases use the time and the settings from when the counting began. */
export const SweepPlanSchema = Type.Object({
  phase: OneOf(['counting', 'stopped', 'erasing']),
  days: Type.Object({
    marks: Count('ERASURE_MARK_DAYS'),
    callers: Nullable(Count('RETENTION_DAYS'))
  }),
  counted: Type.Object(sweepCount),
  stopped: Nullable(StoppedSweepSchema, { description: 'Stays while the callers are counted again' }),
  confirmed_at: Nullable(InstantSchema, { description: 'When an operator confirmed it' })
})

/** A call start that is not in the record yet: one line in a journal. It holds no words, so it is never sealed. */
export const OpenRingSchema = Type.Object({
  phone_hash: PhoneHashSchema,
  at: InstantSchema,
  conversation_id: ConversationIdSchema,
  call_sid: Nullable(Type.String({ maxLength: 200 })),
  direction: CallSchema.properties.direction,
  session_id: IdSchema,
  told: Type.Array(ToldIdSchema, { maxItems: 200 }),
  had_record: Type.Boolean(),
  erased_at: Nullable(InstantSchema)
})

export const SweepSchema = Type.Object({
  version: Type.Literal(1),
  started_at: InstantSchema,
  finished_at: Nullable(InstantSchema),
  after: Nullable(PhoneHashSchema),
  // The lease; the stored key keeps its old name.
  claim: Nullable(Type.Object({ by: Type.String({ minLength: 1, maxLength: 64 }), until: InstantSchema })),
  counts: SweepCountsSchema,
  // Missing from sweeps of versions before 0.4.0, which did not count first.
  plan: Type.Optional(SweepPlanSchema)
})

/** One seal of a known word for each key that documents may be sealed with: it shows at start which keys are needed. */
export const KeysInUseSchema = Type.Object({
  version: Type.Literal(1),
  seals: Type.Array(Type.String()),
  resealed: Type.Optional(Type.Object({ key_id: Type.String(), up_to: PhoneHashSchema }, {
    description: 'Set while everything is being sealed with another key: which key, and how far it has come'
  }))
})

export const BackfillPositionSchema = Type.Object({
  since: Type.Integer({
    minimum: 0,
    description: 'Unix seconds: only calls that started after this are fetched',
    examples: [1795305600]
  }),
  agent: Type.String({
    minLength: 1,
    maxLength: 200,
    description: 'The agent whose calls are fetched',
    examples: ['agent_0001']
  }),
  cursor: Nullable(Type.String({
    maxLength: 10_000,
    description: 'ElevenLabs\' cursor; null for the agent\'s newest calls',
    examples: [null]
  }))
})

export const BackfillRunSchema = Type.Object({
  version: Type.Literal(1),
  since: InstantSchema,
  begun_at: InstantSchema,
  next: Nullable(BackfillPositionSchema),
  finished_at: Nullable(InstantSchema)
})

/** The stored documents that belong to no caller, by name. */
export const DOCUMENT_SCHEMAS = {
  notes: GlobalNotesSchema,
  'own-numbers': OwnNumbersSchema,
  sweep: SweepSchema,
  keys: KeysInUseSchema,
  backfill: BackfillRunSchema,
  connection: ConnectionSchema
}

/** Everything that is stored. */
export const STORED_SCHEMAS = {
  caller: StoredCallerSchema, mark: ErasureMarkSchema, ring: OpenRingSchema, documents: DOCUMENT_SCHEMAS
}

export type Fact = Static<typeof FactSchema>
export type PendingReason = Static<typeof PendingReasonSchema>
export type Note = Static<typeof NoteSchema>
export type NameRevision = Static<typeof NameRevisionSchema>
export type ToldWords = NonNullable<Call['told_words']>[number]
export type OpenItem = Static<typeof OpenItemSchema>
export type Turn = Static<typeof TurnSchema>
export type LearningJob = Static<typeof LearningJobSchema>
export type ToolCall = Static<typeof ToolCallSchema>
export type ForgetWish = Static<typeof ForgetWishSchema>
export type Call = Static<typeof CallSchema>
export type FoldedCall = Static<typeof FoldedCallSchema>
export type CallerRecord = Static<typeof CallerRecordSchema>
export type StoredCaller = Static<typeof StoredCallerSchema>
export type ErasureMark = Static<typeof ErasureMarkSchema>
export type OpenRing = Static<typeof OpenRingSchema>
export type GlobalNotes = Static<typeof GlobalNotesSchema>
export type OwnNumbers = Static<typeof OwnNumbersSchema>
export type Sweep = Static<typeof SweepSchema>
export type SweepPlan = Static<typeof SweepPlanSchema>
export type StoppedSweep = Static<typeof StoppedSweepSchema>
export type KeysInUse = Static<typeof KeysInUseSchema>
export type BackfillPosition = Static<typeof BackfillPositionSchema>
export type BackfillRun = Static<typeof BackfillRunSchema>
export type DocumentName = keyof typeof DOCUMENT_SCHEMAS
export type Documents = { [N in DocumentName]: Static<(typeof DOCUMENT_SCHEMAS)[N]> }
