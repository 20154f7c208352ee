import { Type } from '@sinclair/typebox'
import { BackfillPositionSchema } from './caller-record.ts'
import { InstantSchema, Nullable, strict } from './common.ts'

export const BackfillSchema = Type.Object({
  since: Type.Union([
    Type.String({ format: 'date-time' }),
    Type.Integer({ minimum: 0, maximum: 253402300799 }),
    Type.Null()
  ], { description: 'From when on calls are fetched: ISO 8601 with a time zone, such as 2026-11-15T00:00:00Z, or Unix seconds; or null to go on' })
}, { ...strict, description: 'since', examples: [{ since: '2026-11-15T00:00:00Z' }] })

const Count = (description: string) => Type.Integer({ minimum: 0, description })

export const BackfilledPageSchema = Type.Object({
  status: Type.Literal('ok'),
  added: Count('Calls of this page that were added, or completed'),
  known: Count('Calls that were known as they are'),
  skipped: Count('Calls that are not to be remembered: without a real number, with one that only variables name and ' +
    'no ring gave, erased, opted out, or of another agent'),
  unfinished: Count('Calls that still go on, or that ElevenLabs has not analysed yet'),
  failed: Count('Calls that could not be read at ElevenLabs, or whose caller\'s record could not be read here'),
  since: Nullable(Type.String({ ...InstantSchema, description: 'From when on this run fetches, ISO 8601: earlier than asked for when it goes on with one that was broken off; null when there was nothing to go on with' })),
  progress: Type.Number({ minimum: 0, maximum: 1, description: 'How far the run has come, 0 to 1' }),
  next: Nullable(BackfillPositionSchema)
}, {
  description: 'One page is fetched. `next` is where the next one begins, which the bridge keeps: ask with `since: null` until it is null',
  examples: [{
    status: 'ok',
    added: 3,
    known: 6,
    skipped: 1,
    unfinished: 0,
    failed: 0,
    since: '2026-11-15T00:00:00.000Z',
    progress: 0.25,
    next: { since: 1794700800, agent: 'agent_0001', cursor: 'eyJwYWdlIjoxfQ' }
  }]
})
