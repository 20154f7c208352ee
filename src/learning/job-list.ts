import { createHash } from 'node:crypto'
import type { LearningJob } from '../../schemas/caller-record.ts'
import { activeRecord } from '../caller/caller.ts'
import { retryJob } from '../caller/learning-jobs.ts'
import { JobUnknown, RecordDamaged, RecordSealed } from '../errors.ts'
import type { Store } from '../store/store.ts'

export interface ListedJob extends Omit<LearningJob, 'turns'> {
  id: string
  phone_hash: string
  has_turns: boolean
}

export interface JobList {
  /** The jobs of up to `limit` callers after the phone hash `after`. A caller's jobs are all on one page. */
  page (
    state: LearningJob['state'] | null, after: string | null, limit: number
  ): Promise<{ jobs: ListedJob[], next: string | null }>
  /** @throws {JobUnknown} */
  retry (id: string): Promise<ListedJob>
}

/** @param onRetry - called when a job has been made due */
export function createJobList (store: Store, now: () => Date, onRetry: () => void): JobList {
  async function jobsOf (phoneHash: string): Promise<ListedJob[]> {
    const record = await loadOrNull(phoneHash)
    return record?.jobs?.map((job) => listed(phoneHash, job)) ?? []
  }

  /** A record that cannot be read is skipped: the caller's next call start reports it. */
  async function loadOrNull (phoneHash: string) {
    try {
      return activeRecord(await store.load(phoneHash))
    } catch (error) {
      if (error instanceof RecordDamaged || error instanceof RecordSealed) return null
      throw error
    }
  }

  return {
    async page (state, after, limit) {
      const { phoneHashes, next } = await store.queue.list(after, limit)
      const jobs = (await Promise.all(phoneHashes.map(jobsOf))).flat()
      return { jobs: jobs.filter((job) => state === null || job.state === state), next }
    },

    async retry (id) {
      const [phoneHash = ''] = id.split('.')
      const found = (await jobsOf(phoneHash)).find((each) => each.id === id)
      if (found === undefined) throw new JobUnknown()
      const at = now().toISOString()
      const job = await store.update(phoneHash, retryJob(found.conversation_id, at))
      // After the update: a learner that took the entry before it would find nothing due, and put the entry off.
      await store.queue.schedule(phoneHash, at)
      onRetry()
      return listed(phoneHash, job)
    }
  }
}

function listed (phoneHash: string, { turns, ...job }: LearningJob): ListedJob {
  return { id: idOf(phoneHash, job), phone_hash: phoneHash, ...job, has_turns: turns !== null }
}

/** A conversation id can be any text, so its hash goes into URLs. */
function idOf (phoneHash: string, { conversation_id: conversationId }: Pick<LearningJob, 'conversation_id'>): string {
  return `${phoneHash}.${createHash('sha256').update(conversationId).digest('hex').slice(0, 16)}`
}
