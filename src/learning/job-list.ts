/** The operator's look at what is still to be learnt. */
import { createHash } from 'node:crypto'
import type { LearningJob } from '../../schemas/caller-record.ts'
import { activeRecord } from '../caller/caller.ts'
import { retryJob } from '../caller/learning-jobs.ts'
import { JobUnknown, RecordDamaged, RecordSealed } from '../errors.ts'
import type { Store } from '../store/store.ts'

/** A job as it is listed, without what was said. */
export interface ListedJob extends Omit<LearningJob, 'turns'> {
  id: string
  phone_hash: string
  has_turns: boolean
}

export interface JobList {
  /** Jobs of the callers after `after`, all of one caller on one page; `limit` is of callers. */
  page (state: LearningJob['state'] | null, after: string | null, limit: number): Promise<{ jobs: ListedJob[], next: string | null }>
  /**
   * Tries a job again, at once.
   *
   * @throws {JobUnknown}
   */
  retry (id: string): Promise<ListedJob>
}

/** @param onRetry - told when a job is to be tried again */
export function createJobList (store: Store, now: () => Date, onRetry: () => void): JobList {
  async function jobsOf (phoneHash: string): Promise<ListedJob[]> {
    const record = await loadOrNull(phoneHash)
    return record?.jobs?.map((job) => listed(phoneHash, job)) ?? []
  }

  /** Whoever cannot be read is reported by whoever reads them for a call. */
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
      // After it: whoever took the work before would find nothing due, and put it off.
      await store.queue.schedule(phoneHash, at)
      onRetry()
      return listed(phoneHash, job)
    }
  }
}

function listed (phoneHash: string, { turns, ...job }: LearningJob): ListedJob {
  return { id: idOf(phoneHash, job), phone_hash: phoneHash, ...job, has_turns: turns !== null }
}

/** A conversation's id can be any text: in a URL its hash stands for it. */
function idOf (phoneHash: string, { conversation_id: conversationId }: Pick<LearningJob, 'conversation_id'>): string {
  return `${phoneHash}.${createHash('sha256').update(conversationId).digest('hex').slice(0, 16)}`
}
