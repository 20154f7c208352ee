/** Finds caller records that are stored under one of our own numbers, and so are never used. */
import { hashPrefix } from '../phone/phone-hash.ts'
import type { Store } from '../store/store.ts'

export interface OwnNumberScanParts {
  store: Store
  /** Hashes of OWN_NUMBERS, with and without PHONE_HASH_KEY. */
  ownNumbers: ReadonlySet<string>
  log: Record<'warn' | 'error', (fields: object, message: string) => void>
}

/** Logs each one, until the signal is aborted. Never rejects: what fails is only logged. */
export async function scanOwnNumbers (
  { store, ownNumbers, log }: OwnNumberScanParts, signal: AbortSignal
): Promise<void> {
  for (const phoneHash of ownNumbers) {
    if (signal.aborted) return
    const caller = hashPrefix(phoneHash)
    try {
      const { record } = await store.load(phoneHash)
      if (record !== null) {
        log.warn({ caller }, 'a record is stored under one of our own numbers, and never used: look at it and erase it')
      }
    } catch (err) {
      log.error({ caller, err }, 'could not check whether a record is stored under one of OWN_NUMBERS')
    }
  }
}
