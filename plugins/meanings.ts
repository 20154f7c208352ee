/** With EMBEDDINGS_MODEL, recall also compares meanings, shared as `fastify.meanings`; null without it. */
import fp from 'fastify-plugin'
import type { Meanings, MeaningsParts } from '../src/recall/meanings.ts'
import { withDeadline } from '../src/time.ts'

declare module 'fastify' {
  interface FastifyInstance {
    meanings: Meanings | null
  }
}

/** Loaded only with EMBEDDINGS_MODEL. */
async function loadMeanings () {
  const { createMeanings } = await import('../src/recall/meanings.ts')
  return createMeanings
}

/** How long a stop waits until vectors that were made are stored. */
const LAST_STEP_MS = 1000

export default fp<Pick<MeaningsParts, 'questionMs'>>(async function meaningsPlugin (fastify, { questionMs }) {
  const { config: { OPENCLAW_API_BASE_URL: baseUrl, OPENCLAW_API_KEY: apiKey, EMBEDDINGS_MODEL: model } } = fastify
  if (baseUrl === undefined || model === undefined) {
    fastify.decorate('meanings', null)
    return
  }
  const createMeanings = await loadMeanings()
  const stop = new AbortController()
  const { store, now, log } = fastify
  const meanings = createMeanings({ baseUrl, apiKey, model, store, now, log, questionMs }, stop.signal)
  let running = Promise.resolve()
  fastify.decorate('meanings', meanings)
  fastify.addHook('onReady', async () => { running = meanings.run() })
  fastify.addHook('onClose', async () => {
    stop.abort()
    await withDeadline(running, LAST_STEP_MS, () => {})
  })
}, { name: 'meanings', dependencies: ['config', 'call-context', 'store'], fastify: '5.x' })
