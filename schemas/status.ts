import { Type, type Static } from '@sinclair/typebox'
import { Count, Documented, Instant, InstantSchema, Nullable, OneOf } from './common.ts'
import { CircuitSchema } from './health.ts'

const Time = (description: string) => Nullable(Instant(description))

const NO_PHONE_NUMBER = ['withheld', 'sip', 'client', 'whatsapp', 'unreadable', 'missing', 'own'] as const

const NeutralOutcomeSchema = OneOf([
  'opted-out', 'foreign-agent', 'timeout', 'failed', ...NO_PHONE_NUMBER.map((kind) => `no-number-${kind}` as const)
], { description: 'As in the log, in the line `call start`' })

const RefusalsSchema = Type.Object({
  requests: Count('Requests with a wrong secret or signature; those without any do not count'),
  last_at: Time('Null if there was none'),
  last_reason: Nullable(Type.String({ description: 'What was wrong with the last one' }))
})

const EndpointSchema = Type.Object({
  circuit: CircuitSchema,
  failing_since: Time('The first of the failed requests since one worked; null if the last one worked')
})

const JobsSchema = Type.Object({
  waiting: Count('Calls that are still to be learnt from'),
  waiting_since: Time('When the oldest of them ended'),
  failed: Count('Calls that could not be learnt from'),
  failed_since: Time('When the oldest of them ended'),
  is_complete: Type.Boolean({ description: 'False if more than 200 callers have jobs; only those are counted' })
})

export type JobCounts = Static<typeof JobsSchema>

export const WarningSchema = Type.Object({
  // For monitoring: it stays the same while the words may change.
  code: OneOf([
    'storage_unavailable', 'webhooks_open', 'tools_off', 'sweep_stopped', 'model_unreachable',
    'elevenlabs_unreachable', 'model_failing', 'foreign_agents_only', 'no_call_ends', 'learning_failed'
  ]),
  message: Type.String({ description: 'Whole sentences, without numbers of callers or anything they said' }),
  remedy: Type.String({ description: 'What to do, in whole sentences' })
})

export const StatusSchema = Documented({
  status: Type.Literal('ok'),
  timestamp: InstantSchema,
  version: Type.String(),
  started_at: InstantSchema,
  uptime_secs: Count('Since the process started'),
  storage: Type.Object({
    driver: OneOf(['files', 'postgresql']),
    is_ready: Type.Boolean({ description: 'Whether it can be read and written; as GET /health/ready' })
  }),
  calls: Type.Object({
    starts: Count('Call starts of your agents'),
    last_start_at: Time('Null if there was none'),
    ends: Count('Call ends of your agents'),
    last_end_at: Time('Null if there was none'),
    waiting_since: Time('The first call start since the last call end; null if a call end came last'),
    without_end: Count('Call starts of the last day, at least an hour old, whose call end did not come'),
    foreign_starts: Count('Call starts that named another agent, or none'),
    last_foreign_start_at: Time('Null if there was none'),
    neutral: Type.Array(Type.Object({ outcome: NeutralOutcomeSchema, calls: Count('Calls') }), {
      description: 'Call starts that got the neutral response, by outcome, most frequent first'
    }),
    refused: Type.Object({ personalize: RefusalsSchema, post_call: RefusalsSchema }, {
      description: 'Webhooks that were refused'
    }),
    unrecorded: Count('As `unrecorded_calls` of GET /health/ready')
  }, { description: 'What was seen since the process started, without calls of `memory-bridge simulate`' }),
  learning: Type.Object({
    is_on: Type.Boolean({ description: 'LEARN_FROM_TRANSCRIPT' }),
    jobs: Nullable(JobsSchema, { description: 'Null while the storage cannot be used' }),
    model: EndpointSchema,
    elevenlabs: EndpointSchema
  }),
  embeddings: Nullable(Type.Object({
    callers_waiting: Count('Callers whose records are still to be looked at, for what has no vector'),
    records: EndpointSchema,
    questions: EndpointSchema
  }), { description: 'Requests to EMBEDDINGS_MODEL, for what is stored and for what is asked; null without it' }),
  last_backup_at: Time(
    'When `memory-bridge backup` was last done. Null if it never was, with DATABASE_URL, or while the storage cannot ' +
    'be used'),
  warnings: Type.Array(WarningSchema, { description: 'What needs your attention' })
}, 'The bridge as it knows itself', {
  status: 'ok',
  timestamp: '2026-11-22T09:30:00.000Z',
  version: '0.4.0',
  started_at: '2026-11-20T09:30:00.000Z',
  uptime_secs: 172800,
  storage: { driver: 'files', is_ready: true },
  calls: {
    starts: 42,
    last_start_at: '2026-11-22T09:28:00.000Z',
    ends: 20,
    last_end_at: '2026-11-21T09:00:00.000Z',
    waiting_since: '2026-11-21T09:10:00.000Z',
    without_end: 21,
    foreign_starts: 1,
    last_foreign_start_at: '2026-11-21T17:00:00.000Z',
    neutral: [{ outcome: 'no-number-withheld', calls: 3 }, { outcome: 'foreign-agent', calls: 1 }],
    refused: {
      personalize: { requests: 0, last_at: null, last_reason: null },
      post_call: {
        requests: 21,
        last_at: '2026-11-22T09:20:00.000Z',
        last_reason: 'No signature in ElevenLabs-Signature matches the body: check WEBHOOK_SECRET, and that no ' +
          'proxy changes the body'
      }
    },
    unrecorded: 0
  },
  learning: {
    is_on: true,
    jobs: { waiting: 1, waiting_since: '2026-11-22T09:29:00.000Z', failed: 0, failed_since: null, is_complete: true },
    model: { circuit: 'closed', failing_since: null },
    elevenlabs: { circuit: 'closed', failing_since: null }
  },
  embeddings: null,
  last_backup_at: '2026-11-22T03:00:00.000Z',
  warnings: [{
    code: 'no_call_ends',
    message: 'Calls have started since 2026-11-21T09:10:00.000Z, but no call end has come for a day.',
    remedy: 'Look at the post-call webhook in ElevenLabs: it has to be selected, enabled, and signed with ' +
      'WEBHOOK_SECRET. Then fetch the missed calls with "memory-bridge backfill".'
  }]
})

export type Status = Static<typeof StatusSchema>
export type CallFacts = Status['calls']
export type Refusals = Static<typeof RefusalsSchema>
export type Warning = Static<typeof WarningSchema>
