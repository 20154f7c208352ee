/** Writes the entries of a backup to a store. */
import { activeRecord } from '../caller/caller.ts'
import { nextDue } from '../caller/learning-jobs.ts'
import { restoreCaller, type Restored } from '../caller/restored.ts'
import { RecordDamaged, RecordSealed } from '../errors.ts'
import type { Store } from '../store/store.ts'
import type { Entry, SavedCaller, SavedDocument } from './backup-format.ts'
import { restoreNotes, restoreOwnNumbers } from './united-documents.ts'

export interface RestoreParts {
  /** Should be verified beforehand: a fault found now leaves the store with a part of the backup. */
  entries: AsyncGenerator<Entry, unknown>
  store: Store
  overwrite: boolean
  signal: AbortSignal
  /** Called after each caller. */
  onCaller: () => void
}

export type RestoreCounts = Record<Restored, number> & {
  notes: number
  ownNumbers: number
  /** Phone hashes of callers in the store that do not open; they stay as they are. */
  unreadable: string[]
}

/** Writes at the same time: each mostly waits for the disk or the database. */
const WRITERS = 16

/** Rejects with the first failed write, once the writes in progress have ended. */
export async function restoreBackup (
  { entries, store, overwrite, signal, onCaller }: RestoreParts
): Promise<RestoreCounts> {
  const counts: RestoreCounts = {
    restored: 0, replaced: 0, kept: 0, dropped: 0, erased: 0, mark: 0, notes: 0, ownNumbers: 0, unreadable: []
  }

  async function writeEntries (): Promise<void> {
    for (;;) {
      const { value: entry, done } = await entries.next()
      if (done === true) return
      signal.throwIfAborted()
      if ('document' in entry) await writeDocument(entry.document)
      else await writeCaller(entry.caller)
    }
  }

  async function writeCaller ({ phone_hash: phoneHash, record, erased_at: erasedAt }: SavedCaller): Promise<void> {
    const change = restoreCaller({ record, erasedAt }, overwrite)
    const due = nextDue(activeRecord({ record, erasedAt }))
    try {
      if (due !== null) await store.queue.schedule(phoneHash, due)
      counts[await retryIfDamaged(() => store.update(phoneHash, change))]++
    } catch (error) {
      if (!(error instanceof RecordSealed)) throw error
      counts.unreadable.push(phoneHash)
    }
    onCaller()
  }

  async function writeDocument (document: SavedDocument): Promise<void> {
    if (document.name === 'notes') {
      const change = restoreNotes(document.value, overwrite)
      counts.notes += await retryIfDamaged(() => store.updateDocument('notes', change))
    } else {
      const change = restoreOwnNumbers(document.value)
      counts.ownNumbers += await retryIfDamaged(() => store.updateDocument('own-numbers', change))
    }
  }

  const writers = await Promise.allSettled(Array.from({ length: WRITERS }, async () => {
    try {
      await writeEntries()
    } catch (error) {
      // Stops the other writers.
      await entries.return(undefined)
      throw error
    }
  }))
  const failed = writers.find((writer) => writer.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return counts
}

/** The first try quarantines a damaged document; the second one writes a good one. */
async function retryIfDamaged<T> (work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof RecordDamaged) return await work()
    throw error
  }
}
