/**
 * What the running bridge knows by itself, shared as `fastify.readStatus`. Logs what it notices about calls and the
 * model, each minute. Asks nobody.
 */
import { setInterval } from 'node:timers'
import fp from 'fastify-plugin'
import type { Status } from '../schemas/status.ts'
import { lastBackupAt } from '../src/backup/last-backup.ts'
import { countJobs } from '../src/learning/job-list.ts'
import { callWarnings, jobWarnings, modelWarnings } from '../src/status/call-warnings.ts'
import { createWarningLog } from '../src/status/warning-log.ts'
import type { Warning } from '../src/status/warning.ts'
import { withDeadline } from '../src/time.ts'
import { VERSION } from '../src/version.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** In at most 6 seconds, whatever hangs. */
    readStatus: () => Promise<Status>
  }
}

export interface StatusOptions {
  /** Milliseconds of a clock that cannot be set. */
  monotonicMs: () => number
}

const LOOK_MS = 60_000

/** For each part that needs the storage. */
const DEADLINE_MS = 2000

const STORAGE_DOWN: Warning = {
  code: 'storage_unavailable',
  message: 'The storage cannot be used: calls of callers who are not in memory get the neutral response.',
  remedy: 'The log says why; see "Disk trouble" in docs/operations.md.'
}

export default fp<StatusOptions>(async function statusPlugin (fastify, { monotonicMs }) {
  const { config, log, now, store, readiness, learning, callWatch, unrecordedCalls } = fastify
  const startedAt = now().toISOString()
  const startedMs = monotonicMs()
  const logWarnings = createWarningLog(log)

  function noticed (): Warning[] {
    return [
      ...callWarnings(callWatch.facts(), now()),
      ...modelWarnings(learning.endpoints().model.failing_since, now())
    ]
  }

  fastify.decorate('readStatus', async (): Promise<Status> => {
    const isReady = await readiness.check().then(() => true, () => false)
    // A storage that hangs would only be waited for again.
    const [jobs, backupAt, warnings] = isReady
      ? await Promise.all([
        orNull(countJobs(store)), orNull(lastBackupAt(config)), readiness.warnings().catch(() => [])
      ])
      : [null, null, [STORAGE_DOWN]]
    return {
      status: 'ok',
      timestamp: now().toISOString(),
      version: VERSION,
      started_at: startedAt,
      uptime_secs: Math.floor((monotonicMs() - startedMs) / 1000),
      storage: { driver: store.driver, is_ready: isReady },
      calls: { ...callWatch.facts(), unrecorded: unrecordedCalls.count },
      learning: { is_on: config.LEARN_FROM_TRANSCRIPT, jobs, ...learning.endpoints() },
      last_backup_at: backupAt,
      warnings: [...warnings, ...noticed(), ...jobWarnings(jobs?.failed ?? 0)]
    }
  })

  const looking = setInterval(() => logWarnings(noticed(), now()), LOOK_MS).unref()
  fastify.addHook('onClose', async () => clearInterval(looking))
}, {
  name: 'status', dependencies: ['config', 'call-context', 'store', 'readiness', 'learning'], fastify: '5.x'
})

/** Null when it fails or takes too long: the rest of the status is worth having without it. */
async function orNull<T> (work: Promise<T>): Promise<T | null> {
  return await withDeadline<T | null>(work.catch(() => null), DEADLINE_MS, () => null)
}
