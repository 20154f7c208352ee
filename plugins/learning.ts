/** Learns in the background. Without LEARN_FROM_TRANSCRIPT, jobs that were queued while it was on wait. */
import { randomUUID } from 'node:crypto'
import fp from 'fastify-plugin'
import { ModelAnswerSchema } from '../schemas/model-answer.ts'
import { withDeadline } from '../src/deadline.ts'
import { ONE_TRY } from '../src/elevenlabs/ask.ts'
import { getConversation } from '../src/elevenlabs/conversations.ts'
import { createJobList, type JobList } from '../src/learning/job-list.ts'
import { createLearner, type Learner } from '../src/learning/learner.ts'
import { createModel } from '../src/learning/model.ts'
import { turnsOf } from '../src/webhook/post-call-event.ts'

declare module 'fastify' {
  interface FastifyInstance {
    learning: {
      jobs: JobList
    } & Pick<Learner, 'wake' | 'circuits' | 'warnings'>
  }
}

export interface LearningOptions {
  now: () => Date
}

/** How long a stop waits until unfinished jobs are back in the queue. */
const LAST_STEP_MS = 2000

export default fp<LearningOptions>(async function learningPlugin (fastify, { now }) {
  const { config, store, callerId, redact, log } = fastify
  const model = !config.LEARN_FROM_TRANSCRIPT
    ? null
    : createModel({
      baseUrl: config.OPENCLAW_API_BASE_URL,
      apiKey: config.OPENCLAW_API_KEY,
      model: config.OPENCLAW_MODEL,
      timeoutMs: config.LEARN_TIMEOUT_MS
    }, ModelAnswerSchema)
  const learner = createLearner({
    store,
    callerId,
    model,
    redact,
    minConfidence: config.LEARN_MIN_CONFIDENCE,
    fetchTurns: async (conversationId, signal) => {
      const conversation = await getConversation(fastify, conversationId, { patience: ONE_TRY, signal })
      return conversation === null ? null : turnsOf(conversation)
    },
    now,
    newId: randomUUID,
    log
  })
  const stop = new AbortController()
  let learning = Promise.resolve()
  fastify.decorate('learning', {
    jobs: createJobList(store, now, learner.retryNow),
    wake: learner.wake,
    circuits: learner.circuits,
    warnings: learner.warnings
  })

  fastify.addHook('onReady', async () => { learning = learner.run(stop.signal) })
  fastify.addHook('onClose', async () => {
    stop.abort()
    await withDeadline(learning, LAST_STEP_MS, () => {})
  })
}, { name: 'learning', dependencies: ['config', 'store', 'caller-id', 'redaction'], fastify: '5.x' })
