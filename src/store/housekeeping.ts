/** What a store needs now and then: old erasure marks dropped, and records found that nobody may be told. */
import { hashPrefix } from '../phone/phone-hash.ts'
import { dropErasureMark } from '../caller/profile.ts'
import type { Store } from './store.ts'

export interface HousekeepingParts {
  store: Store
  /** Hashes of OWN_NUMBERS, the former ones too. */
  ownNumbers: ReadonlySet<string>
  /** Days that the mark of an erasure is kept. */
  markDays: number
  now: () => Date
  log: Record<'info' | 'warn' | 'error', (fields: object, message: string) => void>
}

const DAY_MS = 24 * 60 * 60 * 1000

/** One round. Never rejects: the bridge works without it, and an operator finds in the log what failed. */
export async function keepHouse ({ store, ownNumbers, markDays, now, log }: HousekeepingParts): Promise<void> {
  try {
    const marks = await dropErasureMarks(store, new Date(now().getTime() - markDays * DAY_MS).toISOString())
    if (marks > 0) log.info({ marks }, 'old erasure marks dropped')
  } catch (err) {
    log.error({ err }, 'old erasure marks could not be dropped')
  }
  for (const phoneHash of ownNumbers) {
    const caller = hashPrefix(phoneHash)
    try {
      const { record } = await store.load(phoneHash)
      if (record !== null) log.warn({ caller }, 'a record is stored under one of our own numbers: it is never told; look at it and erase it')
    } catch (err) {
      log.error({ caller, err }, 'whether a record is stored under one of OWN_NUMBERS could not be read')
    }
  }
}

/** Drops erasure marks made before `instant` (ISO 8601). Resolves to how many were dropped. */
async function dropErasureMarks (store: Store, instant: string): Promise<number> {
  let dropped = 0
  let after: string | null = null
  do {
    const page = await store.list('marks', after, PAGE)
    for (const { phoneHash } of page.callers) if (await store.update(phoneHash, dropErasureMark(instant))) dropped++
    after = page.next
  } while (after !== null)
  return dropped
}

const PAGE = 100
