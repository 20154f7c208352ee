import { Type, type Static } from '@sinclair/typebox'
import { Documented, NextSchema, OneOf, pageQuery, PHONE_HASH, PhoneHashSchema, strict } from './common.ts'
import { LearningJobSchema } from './caller-record.ts'

const example = {
  id: `${PHONE_HASH}.4a7d1ed414474e40`,
  phone_hash: PHONE_HASH,
  conversation_id: 'conv_0001',
  state: 'failed',
  tries: 6,
  created_at: '2026-11-22T09:30:00.000Z',
  due_at: '2026-11-22T16:42:30.000Z',
  error: 'The model does not answer at the moment',
  has_turns: true
}

const JobSchema = Type.Object({
  id: Type.String(),
  phone_hash: PhoneHashSchema,
  ...Type.Omit(LearningJobSchema, ['turns']).properties,
  has_turns: Type.Boolean({
    description: 'Whether the bridge still has what was said. It is dropped after 7 days; a retry then fetches it ' +
      'from ElevenLabs'
  })
})

export type ListedJob = Static<typeof JobSchema>

export const JobPageQuerySchema = Type.Object({
  state: Type.Optional(OneOf(['waiting', 'failed'], { description: 'waiting or failed; without it, both' })),
  ...pageQuery
}, strict)

export const JobPageSchema = Documented({
  jobs: Type.Array(JobSchema, { description: 'By phone hash, then oldest first' }),
  next: NextSchema
}, 'One page of calls that are still to be learnt from', { jobs: [example], next: null })

export type JobPage = Static<typeof JobPageSchema>

export const JobParamsSchema = Type.Object({
  job_id: Type.String({ pattern: '^[0-9a-f]{64}\\.[0-9a-f]{16}$', description: 'The id of a job, from GET /api/jobs' })
})

export const JobResponseSchema = Documented(JobSchema.properties, 'The job after the change', {
  ...example, state: 'waiting', tries: 0
})
