/** Whether calls can be answered with memory, shared as `fastify.readiness`, and what an operator should mend. */
import fp from 'fastify-plugin'
import { withDeadline } from '../src/deadline.ts'
import { StorageUnavailable } from '../src/errors.ts'
import { isLoopback } from '../src/settings.ts'
import { createRecent } from '../src/store/recent.ts'
import { sweepWarning } from '../src/store/sweep-check.ts'
import { unlessUnreadable } from '../src/store/unreadable.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readiness: {
      /** Rejects with StorageUnavailable when the storage cannot be used, or takes longer than 2 seconds. */
      check: () => Promise<void>
      /** What an operator should look at soon, as it is now. Rejects as `check` does when that takes too long. */
      warnings: () => Promise<string[]>
    }
  }
}

const PATIENCE_MS = 2000

export default fp(async function readinessPlugin (fastify) {
  const { config, log, store } = fastify
  const ofSettings: string[] = []
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
      ofSettings.push(warning)
    }
  }

  // Anybody may ask, and each check writes: one a second is enough.
  const recentCheck = createRecent(() => store.check())
  const inTime = <T>(work: Promise<T>) => withDeadline(work, PATIENCE_MS, () => { throw new StorageUnavailable() })
  fastify.decorate('readiness', {
    check: () => inTime(recentCheck.get()),
    async warnings () {
      // One that cannot be read is reported by whoever sweeps.
      const ofSweep = sweepWarning(await inTime(unlessUnreadable(store.loadDocument('sweep'))))
      return [...ofSettings, ...(ofSweep === null ? [] : [ofSweep]), ...fastify.learning.warnings()]
    }
  })
}, { name: 'readiness', dependencies: ['config', 'store', 'learning'], fastify: '5.x' })
