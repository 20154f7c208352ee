import { Type, type Static } from '@sinclair/typebox'
import { SweepCountsSchema } from './caller-record.ts'
import { Body, Count, Documented, InstantSchema, Nullable, OneOf } from './common.ts'

export const SweepRequestSchema = Body({
  confirm: Type.Boolean({ description: 'true lets a stopped sweep continue, once; false only shows the last sweep' })
}, 'an object with confirm', { confirm: false })

export const SweepReviewSchema = Documented({
  status: Type.Literal('ok'),
  state: OneOf(['none', 'counting', 'stopped', 'erasing', 'finished'], {
    description: 'The state of the last sweep; `none` if there was no sweep yet'
  }),
  confirmed: Type.Boolean({
    description: 'Whether this request lets a stopped sweep continue; false if no sweep is stopped'
  }),
  message: Type.String({ description: 'The state as a sentence, and what to do' }),
  started_at: Nullable(InstantSchema),
  finished_at: Nullable(InstantSchema),
  callers: Nullable(Count('Callers with a record; null until they are counted')),
  to_erase: Nullable(Count('How many of them this sweep erases; null until they are counted')),
  counts: Nullable(SweepCountsSchema, { description: 'What it has done so far' })
}, 'The last sweep', {
  status: 'ok',
  state: 'stopped',
  confirmed: false,
  message: 'A sweep is stopped and removes nothing: with the clock at 2036-11-22T09:30:00.000Z it would erase ' +
    '100 of 100 callers, more than RETENTION_MAX_SHARE allows (10 %). Check the clock and RETENTION_DAYS. If the ' +
    'sweep is right, run "memory-bridge sweep --confirm".',
  started_at: '2036-11-22T09:30:00.000Z',
  finished_at: null,
  callers: 100,
  to_erase: 100,
  counts: { callers: 0, erased: 0, facts: 0, notes: 0, marks: 0, unreadable: 0, failed: 0 }
})

export type SweepReview = Omit<Static<typeof SweepReviewSchema>, 'status'>
