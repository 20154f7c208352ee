/** Whether the storage can be used, and what an operator should fix, shared as `fastify.readiness`. */
import fp from 'fastify-plugin'
import { StorageUnavailable, unlessUnreadable } from '../src/errors.ts'
import { isLoopback } from '../src/settings.ts'
import { createRecent } from '../src/store/limits.ts'
import { sweepAdvice } from '../src/store/sweep-check.ts'
import { warningText, type Warning } from '../src/status/warning.ts'
import { withDeadline } from '../src/time.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readiness: {
      /** Rejects with StorageUnavailable when the storage cannot be used, or takes longer than 2 seconds. */
      check: () => Promise<void>
      /** What an operator should look at soon. Rejects with StorageUnavailable after 2 seconds. */
      warnings: () => Promise<Warning[]>
    }
  }
}

const DEADLINE_MS = 2000

export default fp(async function readinessPlugin (fastify) {
  const { config, log, store } = fastify
  const settingWarnings: Warning[] = []
  const open = [
    ...(config.WEBHOOK_SECRET.length === 0 ? ['/webhook/post-call'] : []),
    ...(config.WEBHOOK_SECRET.length + config.WEBHOOK_HEADER_SECRET.length === 0 ? ['/webhook/personalize'] : [])
  ]
  if (open.length > 0) {
    const warning: Warning = {
      code: 'webhooks_open',
      message: `WEBHOOK_SECRET is not set: ${open.join(' and ')} ${open.length === 1 ? 'is' : 'are'} open to ` +
        `anyone who reaches ${config.HOST}.`,
      remedy: 'Set WEBHOOK_SECRET and restart the bridge.'
    }
    if (isLoopback(config.HOST)) {
      log.warn(warningText(warning))
    } else {
      log.error(warningText(warning))
      settingWarnings.push(warning)
    }
  }

  // The route is public and each check writes, so one check serves a second of requests.
  const recentCheck = createRecent(() => store.check())
  const inTime = <T>(work: Promise<T>) => withDeadline(work, DEADLINE_MS, () => { throw new StorageUnavailable() })
  fastify.decorate('readiness', {
    check: () => inTime(recentCheck.get()),
    async warnings () {
      // An unreadable one is no warning here: the sweep itself logs it.
      const stopped = sweepAdvice(await inTime(unlessUnreadable(store.loadDocument('sweep'))))
      return [
        ...settingWarnings,
        ...(stopped === null ? [] : [{ code: 'sweep_stopped' as const, ...stopped }]),
        ...fastify.learning.warnings(),
        ...fastify.callerTokens.warnings
      ]
    }
  })
}, { name: 'readiness', dependencies: ['config', 'store', 'learning', 'caller-tokens'], fastify: '5.x' })
