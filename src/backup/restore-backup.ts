/** Puts the entries of a backup into a store. */
import { activeRecord } from '../caller/caller.ts'
import { nextDue } from '../caller/learning-jobs.ts'
import { restoreCaller, type Restored } from '../caller/restored.ts'
import { RecordDamaged, RecordSealed } from '../errors.ts'
import type { Store } from '../store/store.ts'
import type { Entry, SavedCaller, SavedDocument } from './backup-format.ts'
import { restoreNotes, restoreOwnNumbers } from './united-documents.ts'

export interface RestoreParts {
  /** Already verified once: a fault that shows now has left part of it in the store. */
  entries: AsyncGenerator<Entry, unknown>
  store: Store
  overwrite: boolean
  signal: AbortSignal
  /** Told after each caller. */
  onCaller: () => void
}

export type RestoreCounts = Record<Restored, number> & {
  notes: number
  ownNumbers: number
  /** Phone hashes of callers in the store whose seal does not open: they stay as they are. */
  unreadable: string[]
}

/** Writes under way at the same time: each waits for the disk or the database, mostly. */
const WRITERS = 16

/** Rejects with the first write that failed, once those under way have ended. */
export async function restoreBackup ({ entries, store, overwrite, signal, onCaller }: RestoreParts): Promise<RestoreCounts> {
  const counts: RestoreCounts = { restored: 0, replaced: 0, kept: 0, dropped: 0, erased: 0, mark: 0, notes: 0, ownNumbers: 0, unreadable: [] }

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
      counts[await healed(() => store.update(phoneHash, change))]++
    } catch (error) {
      if (!(error instanceof RecordSealed)) throw error
      counts.unreadable.push(phoneHash)
    }
    onCaller()
  }

  async function writeDocument (document: SavedDocument): Promise<void> {
    if (document.name === 'notes') counts.notes += await healed(() => store.updateDocument('notes', restoreNotes(document.value, overwrite)))
    else counts.ownNumbers += await healed(() => store.updateDocument('own-numbers', restoreOwnNumbers(document.value)))
  }

  const writers = await Promise.allSettled(Array.from({ length: WRITERS }, async () => {
    try {
      await writeEntries()
    } catch (error) {
      // The others find no more entries, then.
      await entries.return(undefined)
      throw error
    }
  }))
  const failed = writers.find((writer) => writer.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return counts
}

/** A damaged file is set aside at the first try: the second one puts a good one in its place. */
async function healed<T> (work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof RecordDamaged) return await work()
    throw error
  }
}
