/** Whether calls can be answered with memory, shared as `fastify.readiness`, and what an operator should mend. */
import fp from 'fastify-plugin'
import { withDeadline } from '../src/deadline.ts'
import { StorageUnavailable } from '../src/errors.ts'
import { isLoopback } from '../src/settings.ts'
import { createRecent } from '../src/store/recent.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readiness: {
      /** Rejects with StorageUnavailable when the storage cannot be used, or takes longer than 2 seconds. */
      check: () => Promise<void>
      warnings: () => string[]
    }
  }
}

const PATIENCE_MS = 2000

export default fp(async function readinessPlugin (fastify) {
  const { config, log, store } = fastify
  const warnings: string[] = []
  const open = [
    ...(config.WEBHOOK_SECRET.length === 0 ? ['/webhook/post-call'] : []),
    ...(config.WEBHOOK_SECRET.length + config.WEBHOOK_HEADER_SECRET.length === 0 ? ['/webhook/personalize'] : [])
  ]
  if (open.length > 0) {
    const warning = `WEBHOOK_SECRET is not set: ${open.join(' and ')} ${open.length === 1 ? 'is' : 'are'} open to anybody who reaches ${config.HOST}`
    if (isLoopback(config.HOST)) {
      log.warn(warning)
    } else {
      log.error(warning)
      warnings.push(warning)
    }
  }

  // Anybody may ask, and each check writes: one a second is enough.
  const recentCheck = createRecent(() => store.check())

  fastify.decorate('readiness', {
    warnings: () => [...warnings, ...fastify.learning.warnings()],
    check: () => withDeadline(recentCheck.get(), PATIENCE_MS, () => { throw new StorageUnavailable() })
  })
}, { name: 'readiness', dependencies: ['config', 'store', 'learning'], fastify: '5.x' })
