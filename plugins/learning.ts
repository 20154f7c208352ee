/** Learns in the background. Without LEARN_FROM_TRANSCRIPT, jobs that were queued while it was on wait. */
import fp from 'fastify-plugin'
import type { LearningJob } from '../schemas/caller-record.ts'
import type { JobPage, ListedJob } from '../schemas/job.ts'
import { ModelAnswerSchema } from '../schemas/model-answer.ts'
import { withDeadline } from '../src/time.ts'
import { ONE_TRY } from '../src/elevenlabs/ask.ts'
import { getConversation } from '../src/elevenlabs/conversations.ts'
import { createEndpoints, type Endpoints } from '../src/learning/endpoints.ts'
import { listJobs, retryListedJob } from '../src/learning/job-list.ts'
import { createModel } from '../src/learning/model.ts'

declare module 'fastify' {
  interface FastifyInstance {
    learning: Pick<Endpoints, 'circuits' | 'health' | 'warnings'> & {
      wake: () => void
      listJobs: (state: LearningJob['state'] | null, after: string | null, limit: number) => Promise<JobPage>
      /** @throws {JobUnknown} */
      retryJob: (id: string) => Promise<ListedJob>
    }
  }
}

/** Loaded when the bridge is ready, because its languages take a while, and no call start needs them. */
async function loadLearner () {
  const { createLearner } = await import('../src/learning/learner.ts')
  return createLearner
}

/** How long a stop waits until unfinished jobs are back in the queue. */
const LAST_STEP_MS = 2000

export default fp(async function learningPlugin (fastify) {
  const { config, store } = fastify
  const model = createModel({
    baseUrl: config.OPENCLAW_API_BASE_URL,
    apiKey: config.OPENCLAW_API_KEY,
    model: config.OPENCLAW_MODEL,
    timeoutMs: config.LEARN_TIMEOUT_MS
  }, ModelAnswerSchema)
  const stop = new AbortController()
  const endpoints = createEndpoints(fastify, model, async (conversationId, signal) =>
    await getConversation(fastify, conversationId, { patience: ONE_TRY, signal }))
  let wake = () => {}
  let learning = Promise.resolve()
  fastify.decorate('learning', {
    wake: () => wake(),
    circuits: endpoints.circuits,
    health: endpoints.health,
    warnings: endpoints.warnings,
    listJobs: (state, after, limit) => listJobs(store, state, after, limit),
    async retryJob (id) {
      const job = await retryListedJob(fastify, id)
      endpoints.endPauses()
      wake()
      return job
    }
  })

  async function learn (): Promise<void> {
    const createLearner = await loadLearner()
    const learner = createLearner(fastify, endpoints, stop.signal)
    wake = learner.wake
    await learner.run()
  }

  fastify.addHook('onReady', async () => { learning = learn() })
  fastify.addHook('onClose', async () => {
    stop.abort()
    await withDeadline(learning, LAST_STEP_MS, () => {})
  })
}, { name: 'learning', dependencies: ['config', 'call-context', 'store'], fastify: '5.x' })
