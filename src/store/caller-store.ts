/** The store on a driver: one queue of changes a caller, a cache of callers, and documents that belong to none. */
import { EventEmitter, once } from 'node:events'
import { LRUCache } from 'lru-cache'
import pLimit from 'p-limit'
import type { DocumentName, Documents } from '../../schemas/caller-record.ts'
import { CallerQueue } from './caller-queue.ts'
import { storedDocuments, type StoredDocumentsParts } from './documents.ts'
import { createLimit } from './limits.ts'
import { createRecent, type Recent } from './recent.ts'
import type { CallerPage, ListedCaller, Store } from './store.ts'
import { unlessUnreadable } from './unreadable.ts'

export interface CallerStoreParts extends StoredDocumentsParts {
  /** Called when a write that nobody waited for has failed. */
  onLost: (phoneHash: string, error: unknown) => void
}

/** What was read from a driver of our own counts as unchanged for this long. Edits by hand show after that. */
const FRESH_MS = 500

/** Size of the cache, in characters of the records' texts; in memory they take about four times that. */
const CACHED_CHARS = 16 * 1024 * 1024

/** What a cached caller costs besides the record, in characters. */
const CACHED_CALLER_CHARS = 512

/** Callers whose call start is not saved yet. A database is better left alone when so many wait for it. */
const MAX_UNSAVED = 2000
const MAX_UNSAVED_SHARED = 500

/** Callers whose files a walk reads at a time, so that calls do not wait behind a whole page. */
const WALK_READS = 2

const hasData = ({ record, erasedAt }: ListedCaller) => record !== null || erasedAt !== null

export function callerStore (parts: CallerStoreParts): Store {
  const { driver, formats, onLost } = parts
  const stored = storedDocuments(parts)
  const active = new Map<string, CallerQueue>()
  const idle = new LRUCache<string, CallerQueue>({
    maxSize: CACHED_CHARS,
    sizeCalculation: ({ size }) => size + CACHED_CALLER_CHARS
  })
  const activity = new EventEmitter()
  const unsaved = createLimit(driver.isShared ? MAX_UNSAVED_SHARED : MAX_UNSAVED)
  const documents = new Map<DocumentName, Recent<unknown>>()
  const updating = new Map<DocumentName, ReturnType<typeof pLimit>>()
  let checking: Promise<void> | null = null
  let closing: Promise<void> | null = null

  function queueOf (phoneHash: string): CallerQueue {
    const existing = active.get(phoneHash) ?? idle.get(phoneHash)
    const callerQueue = existing ?? new CallerQueue({
      read: async () => await (await stored.loadCallers([phoneHash]))[0]!,
      isUnchanged: (state) => stored.isCallerUnchanged(phoneHash, state),
      write: (caller, before, isSoon) => stored.saveCaller(phoneHash, caller, before, isSoon),
      inTurn: (work) => driver.inTurn(work),
      freshMs: driver.isShared ? 0 : FRESH_MS,
      onIdle: () => {
        active.delete(phoneHash)
        if (!driver.isShared) idle.set(phoneHash, callerQueue)
        if (active.size === 0) activity.emit('idle')
      }
    })
    idle.delete(phoneHash)
    active.set(phoneHash, callerQueue)
    return callerQueue
  }

  /** Bypasses the cache, which is meant for callers who ring. Null when they cannot be read. */
  async function listed (phoneHashes: string[]): Promise<Array<ListedCaller | null>> {
    const states = await stored.loadCallers(phoneHashes)
    return await Promise.all(states.map((loading, n) => unlessUnreadable(loading.then(async ({ caller, record }) => {
      const phoneHash = phoneHashes[n]!
      return { phoneHash, ...await active.get(phoneHash)?.current() ?? caller, isCurrent: record.isCurrent }
    }))))
  }

  return {
    driver: driver.name,
    queue: driver.queue,

    load: (phoneHash) => queueOf(phoneHash).current(),

    update: async (phoneHash, change) => await (await queueOf(phoneHash).change(change)).saved,

    updateSoon: (phoneHash, change, patienceMs) => new Promise((resolve, reject) => {
      // The response needs only the result; the slot is kept until it is saved.
      const write = async () => {
        const { result, saved } = await queueOf(phoneHash).change(change, true)
        if (driver.isShared) return resolve(await saved)
        resolve(result)
        await saved.then(() => {}, (error: unknown) => onLost(phoneHash, error))
      }
      // A caller that is being written anyway needs no slot.
      const writing = active.get(phoneHash)?.isUnsaved === true ? write() : unsaved(write, patienceMs)
      writing.catch(reject)
    }),

    async list (kind, after, limit) {
      const hashes = await driver.list(kind, after, limit + 1)
      const page = hashes.slice(0, limit)
      const atOnce = driver.isShared ? page.length : WALK_READS
      const read: Array<ListedCaller | null> = []
      while (read.length < page.length) read.push(...await listed(page.slice(read.length, read.length + atOnce)))
      return {
        // A caller may be deleted between being listed and being read.
        callers: read.filter((caller) => caller !== null).filter(hasData),
        unreadable: page.filter((_, n) => read[n] === null),
        next: hashes.length > limit ? page.at(-1)! : null
      } satisfies CallerPage
    },

    async loadDocument<N extends DocumentName> (name: N) {
      if (!documents.has(name)) {
        documents.set(name, createRecent(async () => (await stored.load(name, formats.document(name))).value))
      }
      return await documents.get(name)!.get() as Documents[N] | null
    },

    async updateDocument (name, change) {
      const format = formats.document(name)
      if (!updating.has(name)) updating.set(name, pLimit(1))
      return await updating.get(name)!(async () => {
        for (;;) {
          const before = await stored.load(name, format)
          const { value, result } = change(before.value)
          // Changed by somebody else meanwhile: apply the change to what is there now.
          if (value !== before.value && !await stored.save(name, format, value, before)) continue
          documents.get(name)?.forget()
          return result
        }
      })
    },

    check: () => (checking ??= driver.check().finally(() => { checking = null })),

    close: () => (closing ??= (async () => {
      if (active.size > 0) await once(activity, 'idle')
      await Promise.all([...updating.values()].map((oneAtATime) => oneAtATime(async () => {})))
      await driver.close()
    })())
  }
}
