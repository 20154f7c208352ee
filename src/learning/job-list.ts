/** The calls that are still to be learnt from, for the operator. */
import { createHash } from 'node:crypto'
import type { LearningJob } from '../../schemas/caller-record.ts'
import type { JobPage, ListedJob } from '../../schemas/job.ts'
import type { JobCounts } from '../../schemas/status.ts'
import { activeRecord } from '../caller/caller.ts'
import { retryJob } from '../caller/learning-jobs.ts'
import { JobUnknown } from '../errors.ts'
import type { Store } from '../store/store.ts'
import { isDamaged, orNull } from '../store/unreadable.ts'

/** The jobs of up to `limit` callers after the phone hash `after`. A caller's jobs are all on one page. */
export async function listJobs (
  store: Store, state: LearningJob['state'] | null, after: string | null, limit: number
): Promise<JobPage> {
  const { phoneHashes, next } = await store.queue.list(after, limit)
  const jobs = (await Promise.all(phoneHashes.map((phoneHash) => jobsOf(store, phoneHash)))).flat()
  return { jobs: jobs.filter((job) => state === null || job.state === state), next }
}

/** Callers on the one page of jobs that are counted. */
const COUNTED_CALLERS = 200

/** The jobs of the first 200 callers who have some. */
export async function countJobs (store: Store): Promise<JobCounts> {
  const { jobs, next } = await listJobs(store, null, null, COUNTED_CALLERS)
  const since = (state: LearningJob['state']) =>
    jobs.filter((job) => job.state === state).map(({ created_at: createdAt }) => createdAt).sort()
  const [waiting, failed] = [since('waiting'), since('failed')]
  return {
    waiting: waiting.length,
    waiting_since: waiting[0] ?? null,
    failed: failed.length,
    failed_since: failed[0] ?? null,
    is_complete: next === null
  }
}

/** Makes a job due. @throws {JobUnknown} */
export async function retryListedJob (
  { store, now }: { store: Store, now: () => Date }, id: string
): Promise<ListedJob> {
  const [phoneHash = ''] = id.split('.')
  const found = (await jobsOf(store, phoneHash)).find((each) => each.id === id)
  if (found === undefined) throw new JobUnknown()
  const at = now().toISOString()
  const job = await store.update(phoneHash, retryJob(found.conversation_id, at))
  // After the update: a learner that took the entry before it would find nothing due, and put the entry off.
  await store.queue.schedule(phoneHash, at)
  return listed(phoneHash, job)
}

/** None for a record that cannot be read: the caller's next call start reports it. */
async function jobsOf (store: Store, phoneHash: string): Promise<ListedJob[]> {
  const record = await orNull(isDamaged, store.load(phoneHash).then(activeRecord))
  return record?.jobs?.map((job) => listed(phoneHash, job)) ?? []
}

/** A conversation id can be any text, so its hash goes into URLs. */
function listed (phoneHash: string, { turns, ...job }: LearningJob): ListedJob {
  const call = createHash('sha256').update(job.conversation_id).digest('hex').slice(0, 16)
  return { id: `${phoneHash}.${call}`, phone_hash: phoneHash, ...job, has_turns: turns !== null }
}
