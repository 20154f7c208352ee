/**
 * Whether the storage can be used, and what the running bridge knows by itself, shared as `fastify.status`. Logs what
 * it notices about calls and the model, each minute. Asks nobody.
 */
import { setInterval } from 'node:timers'
import fp from 'fastify-plugin'
import type { Status, Warning } from '../schemas/status.ts'
import { lastBackupAt } from '../src/backup/last-backup.ts'
import { StorageUnavailable } from '../src/errors.ts'
import { countJobs } from '../src/learning/job-list.ts'
import { warningText } from '../src/log.ts'
import { callWarnings, createWarningLog, jobWarnings, modelWarnings, openWebhooks } from '../src/status/warnings.ts'
import { createRecent } from '../src/store/limits.ts'
import { sweepAdvice } from '../src/store/sweep-review.ts'
import { withDeadline } from '../src/time.ts'
import { VERSION } from '../src/version.ts'
import { isUnreadable, orNull } from '../src/store/unreadable.ts'

declare module 'fastify' {
  interface FastifyInstance {
    status: {
      /** Rejects with StorageUnavailable when the storage cannot be used, or takes longer than 2 seconds. */
      check: () => Promise<void>
      /** What an operator should look at soon. Rejects with StorageUnavailable after 2 seconds. */
      warnings: () => Promise<Warning[]>
      /** In at most 6 seconds, whatever hangs. */
      read: () => Promise<Status>
    }
  }
}

const LOOK_MS = 60_000

/** For each part that needs the storage. */
const DEADLINE_MS = 2000

const STORAGE_DOWN: Warning = {
  code: 'storage_unavailable',
  message: 'The storage cannot be used: calls of callers who are not in memory get the neutral response.',
  remedy: 'The log says why; see "Disk trouble" in docs/operations.md.'
}

/** @param monotonicMs - a clock that cannot be set, in milliseconds */
export default fp<{ monotonicMs: () => number }>(async function statusPlugin (fastify, { monotonicMs }) {
  const { config, log, now, store, learning, meanings, callerTokens, callWatch } = fastify
  const startedAt = now().toISOString()
  const startedMs = monotonicMs()
  const logWarnings = createWarningLog(log)
  const open = openWebhooks(config)
  if (open !== null) log[open.isHint ? 'warn' : 'error'](warningText(open.warning))
  // The route is public and each check writes, so one check serves a second of requests.
  const recentCheck = createRecent(() => store.check())
  const inTime = <T>(work: Promise<T>) => withDeadline(work, DEADLINE_MS, () => { throw new StorageUnavailable() })
  /** Null when it fails or takes too long: the rest of the status is worth having without it. */
  const ifKnown = <T>(work: Promise<T>) => inTime(work).catch(() => null)

  const check = () => inTime(recentCheck.get())

  async function warnings (): Promise<Warning[]> {
    // An unreadable one is no warning here: the sweep itself logs it.
    const stopped = sweepAdvice(await inTime(orNull(isUnreadable, store.loadDocument('sweep'))))
    return [
      ...(open === null || open.isHint ? [] : [open.warning]),
      ...(stopped === null ? [] : [{ code: 'sweep_stopped' as const, ...stopped }]),
      ...learning.warnings(),
      ...callerTokens.warnings
    ]
  }

  const noticed = () => [
    ...callWarnings(callWatch.facts(), now()),
    ...modelWarnings(learning.health().model.failing_since, now())
  ]

  fastify.decorate('status', {
    check,
    warnings,
    async read () {
      const isReady = await check().then(() => true, () => false)
      // A storage that hangs would only be waited for again.
      const [jobs, backupAt, standing] = isReady
        ? await Promise.all([ifKnown(countJobs(store)), ifKnown(lastBackupAt(config)), warnings().catch(() => [])])
        : [null, null, [STORAGE_DOWN]]
      return {
        status: 'ok',
        timestamp: now().toISOString(),
        version: VERSION,
        started_at: startedAt,
        uptime_secs: Math.floor((monotonicMs() - startedMs) / 1000),
        storage: { driver: store.driver, is_ready: isReady },
        calls: callWatch.facts(),
        learning: { is_on: config.LEARN_FROM_TRANSCRIPT, jobs, ...learning.health() },
        embeddings: meanings?.health() ?? null,
        last_backup_at: backupAt,
        warnings: [...standing, ...noticed(), ...jobWarnings(jobs?.failed ?? 0)]
      }
    }
  })

  const looking = setInterval(() => logWarnings(noticed(), now()), LOOK_MS).unref()
  fastify.addHook('onClose', async () => clearInterval(looking))
}, {
  name: 'status',
  dependencies: ['config', 'call-context', 'store', 'learning', 'meanings', 'caller-tokens'],
  fastify: '5.x'
})
