/** The running bridge, by what it says of itself. Pure. */
import type { Status } from '../../schemas/status.ts'
import { findingsOf, type Finding } from './finding.ts'

export interface BridgeFacts {
  /** The address that was asked. */
  url: string
  /** Of this command. */
  version: string
  /** Null if nothing responds; `lock` then says who has the data open, such as `process 7 on host`. */
  status: Status | { refused: string } | null
  lock: string | null
  now: Date
}

const HOUR_MS = 60 * 60_000
const BACKUP_MS = 7 * 24 * HOUR_MS

/** Until then nobody may have called. */
const FIRST_CALL_MS = HOUR_MS

export function checkBridge ({ url, version, status, lock, now }: BridgeFacts): Finding[] {
  const { ok, warning, failure } = findingsOf('bridge')
  if (status === null) {
    const holder = lock === null ? '' : ` DATA_DIR is in use by ${lock}.`
    return [failure(`No bridge responds at ${url}.${holder}`, 'Start it, or check HOST and PORT.')]
  }
  if ('refused' in status) {
    return [failure(`The bridge at ${url} does not show its status: ${status.refused}`,
      'Run this with the settings of the bridge, ADMIN_API_KEY among them.')]
  }
  return [
    status.version === version
      ? ok(`Version ${version} is up since ${status.started_at}.`)
      : warning(`Version ${status.version} is running, and this command is ${version}.`, 'Restart the bridge.'),
    checkStorage(status),
    ...status.warnings.filter(({ code }) => !SAID_ELSEWHERE.includes(code))
      .map(({ message, remedy }) => warning(message, remedy)),
    checkCallStarts(status, now),
    checkCallEnds(status),
    checkJobs(status),
    checkBackup(status, now)
  ]
}

const SAID_ELSEWHERE = ['storage_unavailable', 'learning_failed', 'no_call_ends', 'foreign_agents_only']

function checkStorage ({ storage }: Status): Finding {
  const { ok, failure } = findingsOf('storage')
  const name = storage.driver === 'files' ? 'DATA_DIR' : 'the database'
  if (storage.is_ready) return ok(`It can read and write ${name}.`)
  return failure(`It cannot use ${name}: no call is recorded.`,
    'Read the log, and "Disk trouble" in docs/operations.md.')
}

function checkCallStarts ({ calls, started_at: startedAt }: Status, now: Date): Finding {
  const { ok, warning, failure } = findingsOf('call starts')
  const { personalize: refused } = calls.refused
  if (isLater(refused.last_at, calls.last_start_at)) {
    return failure(`The last one was refused, at ${refused.last_at}: ${refused.last_reason}`,
      'Run memory-bridge connect, which gives ElevenLabs the secret; or set it there by hand. If ElevenLabs is not ' +
      'the sender, ignore this.')
  }
  if (calls.starts === 0 && calls.foreign_starts > 0) {
    return failure(`All ${calls.foreign_starts} named other agents, or none.`,
      'Compare ELEVENLABS_AGENT_ID with the id of your agent.')
  }
  if (calls.starts === 0) {
    const none = `None came since ${startedAt}.`
    if (now.getTime() - Date.parse(startedAt) < FIRST_CALL_MS) return ok(`${none} Nobody may have called yet.`)
    return warning(none, 'Call your number. (The dashboard\'s preview, widgets and apps never cause one.)')
  }
  return ok(`The last one came at ${calls.last_start_at}.`)
}

function checkCallEnds ({ calls, warnings }: Status): Finding {
  const { ok, warning, failure, skipped } = findingsOf('call ends')
  const { post_call: refused } = calls.refused
  if (isLater(refused.last_at, calls.last_end_at)) {
    return failure(`The last one was refused, at ${refused.last_at}: ${refused.last_reason}`,
      'Put the secret of the post-call webhook into WEBHOOK_SECRET, and restart the bridge. If ElevenLabs is not the ' +
      'sender, ignore this.')
  }
  const stopped = warnings.find(({ code }) => code === 'no_call_ends')
  if (stopped !== undefined) return failure(stopped.message, stopped.remedy)
  if (calls.without_end > 0) {
    return warning(`Calls of the last day without a call end: ${calls.without_end}.`,
      'Fetch them with memory-bridge backfill, and look at the findings on the post-call webhook.')
  }
  if (calls.starts === 0 && calls.ends === 0) return skipped('There was no call yet.')
  if (calls.ends === 0) return ok('None came yet; the calls are not an hour old.')
  return ok(`The last one came at ${calls.last_end_at}.`)
}

function checkJobs ({ learning: { jobs } }: Status): Finding {
  const { ok, warning, skipped } = findingsOf('learning')
  if (jobs === null) return skipped('Jobs cannot be read while the storage cannot be used.')
  if (jobs.failed > 0) {
    return warning(`Calls that could not be learnt from: ${jobs.failed}, the first of ${jobs.failed_since}.`,
      'GET /api/jobs?state=failed says why; POST /api/jobs/{job_id}/retry tries again.')
  }
  if (jobs.waiting === 0) return ok('No call waits.')
  return ok(`Calls that wait: ${jobs.waiting}, the first since ${jobs.waiting_since}.`)
}

function checkBackup ({ last_backup_at: at, storage }: Status, now: Date): Finding {
  const { ok, warning, skipped } = findingsOf('backup')
  if (storage.driver === 'postgresql') return skipped('With a database, its own backups count.')
  const remedy = 'Run memory-bridge backup each day.'
  if (at === null) {
    return storage.is_ready ? warning('There was none yet.', remedy) : skipped('The storage cannot be used.')
  }
  const isOld = now.getTime() - Date.parse(at) >= BACKUP_MS
  return isOld ? warning(`The last one is of ${at}.`, remedy) : ok(`The last one is of ${at}.`)
}

/** Times are ISO 8601. */
function isLater (time: string | null, than: string | null): boolean {
  return time !== null && (than === null || time > than)
}
