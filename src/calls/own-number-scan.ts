/** Finds records that nobody may be told: those stored under one of our own numbers. */
import { hashPrefix } from '../phone/phone-hash.ts'
import type { Store } from '../store/store.ts'

export interface OwnNumberScanParts {
  store: Store
  /** Hashes of OWN_NUMBERS, the former ones too. */
  ownNumbers: ReadonlySet<string>
  log: Record<'warn' | 'error', (fields: object, message: string) => void>
}

/**
 * Logs each one, until the signal is aborted. Never rejects: the bridge works without it, and an operator finds in the
 * log what failed.
 */
export async function scanOwnNumbers ({ store, ownNumbers, log }: OwnNumberScanParts, signal: AbortSignal): Promise<void> {
  for (const phoneHash of ownNumbers) {
    if (signal.aborted) return
    const caller = hashPrefix(phoneHash)
    try {
      const { record } = await store.load(phoneHash)
      if (record !== null) log.warn({ caller }, 'a record is stored under one of our own numbers: it is never told; look at it and erase it')
    } catch (err) {
      log.error({ caller, err }, 'whether a record is stored under one of OWN_NUMBERS could not be read')
    }
  }
}
