import { Type, type Static } from '@sinclair/typebox'
import { BackfillPositionSchema } from './caller-record.ts'
import { Body, Count, Documented, Instant, Nullable, TimeOrNull } from './common.ts'

export const BackfillSchema = Body({
  since: TimeOrNull('Fetch calls from this time on: ISO 8601 with a time zone, such as 2026-11-15T00:00:00Z, or Unix ' +
    'seconds. null continues the run')
}, 'an object with since', { since: '2026-11-15T00:00:00Z' })

export const BackfilledPageSchema = Documented({
  status: Type.Literal('ok'),
  added: Count('Calls of this page that were added or completed'),
  known: Count('Calls that were already known in full'),
  skipped: Count('Calls that are not remembered: no phone number, a number that is not proven (only the ' +
    'conversation\'s variables name it, and no call start had it), an erased caller, an opt-out, or another agent'),
  unfinished: Count('Calls that are still going on, or that ElevenLabs has not analysed yet'),
  failed: Count('Calls that could not be read from ElevenLabs, or whose caller record could not be read; the log ' +
    'says which and why'),
  since: Nullable(Instant('Calls from this time on are fetched, ISO 8601. It is earlier than the one in the request ' +
    'if an interrupted run was resumed, and null if there was nothing to continue')),
  progress: Type.Number({ minimum: 0, maximum: 1, description: 'How far the run is, 0 to 1' }),
  next: Nullable(BackfillPositionSchema)
}, 'One page was fetched. The bridge keeps `next`, the position of the next page: send `since: null` ' +
  'until it is null', {
  status: 'ok',
  added: 3,
  known: 6,
  skipped: 1,
  unfinished: 0,
  failed: 0,
  since: '2026-11-15T00:00:00.000Z',
  progress: 0.25,
  next: { since: 1794700800, agent: 'agent_0001', cursor: 'eyJwYWdlIjoxfQ' }
})

export type BackfilledPage = Omit<Static<typeof BackfilledPageSchema>, 'status'>
