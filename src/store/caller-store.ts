/** The store on a driver: one queue of changes a caller, a cache of callers, and documents that belong to none. */
import { EventEmitter, once } from 'node:events'
import { LRUCache } from 'lru-cache'
import pLimit from 'p-limit'
import type { DocumentName, Documents } from '../../schemas/caller-record.ts'
import { foldRing } from '../caller/open-ring.ts'
import { CallerQueue, unchanged, type CallerQueueParts } from './caller-queue.ts'
import { storedDocuments, type StoredDocumentsParts } from './documents.ts'
import { createLimit, createRecent, type Recent } from './limits.ts'
import type { CallerKind, CallerPage, ListedCaller, Store } from './store.ts'
import { isUnreadable, orNull } from './unreadable.ts'

export interface CallerStoreParts extends StoredDocumentsParts {
  now: () => Date
  /** Called when a call start could not be kept although the response went out. */
  onLost: (phoneHash: string, error: unknown) => void
}

/** Where changes by others are not reported, what was read counts as unchanged for this long, in milliseconds. */
const FRESH_MS = 500
const FRESH_DOCUMENT_MS = 1000

/** Size of the cache, in characters of the records' texts; in memory they take about four times that. */
const CACHED_CHARS = 16 * 1024 * 1024

/** Of what another bridge erased, nothing stays in memory for longer, in milliseconds. */
const CACHED_MS = 10 * 60 * 1000

/** What a cached caller costs besides the record, in characters. */
const CACHED_CALLER_CHARS = 512

/** Callers whose call start is not saved yet. A database is better left alone when so many wait for it. */
const MAX_UNSAVED = 500

/** A call without an end by then hardly gets one: its call start is moved into the record. */
const OPEN_MS = 60 * 60 * 1000
/** After every time in ISO 8601. */
const EVER = '9999'
const TIDY_EVERY_MS = 60_000
const RINGS_AT_ONCE = 32

/** For how long, in milliseconds, closing moves call starts. The others stay in the journal. */
const CLOSING_MS = 5000

/** Callers whose files a walk reads at a time, so that calls do not wait behind a whole page. */
const WALK_READS = 2

const hasData = ({ record, erasedAt }: ListedCaller) => record !== null || erasedAt !== null

export function callerStore (parts: CallerStoreParts): Store {
  const { driver, formats, now, onLost } = parts
  const { rings } = driver
  const stored = storedDocuments(parts)
  const active = new Map<string, CallerQueue>()
  const idle = new LRUCache<string, CallerQueue>({
    maxSize: CACHED_CHARS,
    ttl: driver.isShared ? CACHED_MS : 0,
    sizeCalculation: ({ size }) => size + CACHED_CALLER_CHARS
  })
  const activity = new EventEmitter()
  const unsaved = createLimit(MAX_UNSAVED)
  const documents = new Map<DocumentName, Recent<unknown>>()
  const updating = new Map<DocumentName, ReturnType<typeof pLimit>>()
  let checking: Promise<void> | null = null
  let closing: Promise<void> | null = null

  const queueParts: CallerQueueParts = {
    driver,
    stored,
    freshMs: driver.isShared ? 0 : FRESH_MS,
    onLost,
    onIdle (callerQueue) {
      active.delete(callerQueue.phoneHash)
      idle.set(callerQueue.phoneHash, callerQueue)
      if (active.size === 0) activity.emit('idle')
    }
  }

  driver.listen((key, version) => {
    const [kind, phoneHash] = key.split('/') as [DocumentName | 'callers' | 'erasures', string?]
    if (kind !== 'callers' && kind !== 'erasures') documents.get(kind)?.forget()
    else (active.get(phoneHash!) ?? idle.peek(phoneHash!))?.noticed(kind === 'callers' ? 'record' : 'mark', version)
  })

  function queueOf (phoneHash: string): CallerQueue {
    const callerQueue = active.get(phoneHash) ?? idle.get(phoneHash) ?? new CallerQueue(phoneHash, queueParts)
    idle.delete(phoneHash)
    active.set(phoneHash, callerQueue)
    return callerQueue
  }

  /** Bypasses the cache, which is meant for callers who ring. Null when they cannot be read. */
  async function listed (phoneHashes: string[]): Promise<Array<ListedCaller | null>> {
    // Looked at before the records: a call start that is moved into one meanwhile is in one of the two.
    const started = phoneHashes.map((phoneHash) => rings.of(phoneHash))
    const states = await stored.loadCallers(phoneHashes)
    return await Promise.all(states.map((loading, n) => orNull(isUnreadable, loading.then(async (state) => {
      const phoneHash = phoneHashes[n]!
      const current = await active.get(phoneHash)?.current() ?? started[n]!.reduce(foldRing, state.caller)
      return { phoneHash, ...current, isCurrent: state.record.isCurrent && state.rings.isCurrent }
    }))))
  }

  function documentOf<N extends DocumentName> (name: N): Recent<Documents[N] | null> {
    let document = documents.get(name) as Recent<Documents[N] | null> | undefined
    if (document === undefined) {
      const load = async () => (await stored.load(formats.document(name))).value
      const freshSince = () => Math.min(performance.now() - FRESH_DOCUMENT_MS, driver.hearsSince())
      document = createRecent(load, freshSince, FRESH_DOCUMENT_MS / 2)
      documents.set(name, document)
    }
    return document
  }

  /** Callers that have been written, and those that so far have only a call start. */
  async function hashesAfter (kind: CallerKind, after: string | null, limit: number): Promise<string[]> {
    // As in `listed`, before the records.
    const started = kind === 'marks' ? [] : rings.callers().filter((phoneHash) => phoneHash > (after ?? ''))
    const written = await driver.list(kind, after, limit)
    return started.length === 0 ? written : [...new Set([...written, ...started])].sort().slice(0, limit)
  }

  /** Moves call starts into their records while `goesOn`. Those that cannot be written stay in the journal. */
  async function moveRings (phoneHashes: string[], goesOn: () => boolean): Promise<void> {
    for (let n = 0; n < phoneHashes.length && goesOn(); n += RINGS_AT_ONCE) {
      const some = phoneHashes.slice(n, n + RINGS_AT_ONCE)
      await Promise.all(some.map((phoneHash) => orNull(isUnreadable, moveRing(phoneHash))))
    }
  }

  async function moveRing (phoneHash: string): Promise<void> {
    await (await queueOf(phoneHash).change(unchanged)).saved
  }

  function moveOverdue (before: string): void {
    void moveRings(rings.overdue(before), () => closing === null)
  }

  // What a crash left: an erasure may have been interrupted.
  moveOverdue(EVER)
  const tidying = setInterval(() => {
    idle.purgeStale()
    moveOverdue(new Date(now().getTime() - OPEN_MS).toISOString())
  }, TIDY_EVERY_MS).unref()

  return {
    driver: driver.name,
    queue: driver.queue,

    load: (phoneHash) => queueOf(phoneHash).current(),

    update: async (phoneHash, change) => await (await queueOf(phoneHash).change(change)).saved,

    async startCall (phoneHash, start, patienceMs) {
      if (!driver.isShared) return await queueOf(phoneHash).startCall(start)
      // Another bridge may have the caller: the response is certain only once it is saved.
      const write = () => queueOf(phoneHash).startSharedCall(start)
      // A caller that is being written anyway needs no slot.
      return await (active.get(phoneHash)?.isUnsaved === true ? write() : unsaved(write, patienceMs))
    },

    async list (kind, after, limit) {
      const hashes = await hashesAfter(kind, after, limit + 1)
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

    loadDocument: (name) => documentOf(name).get(),

    async updateDocument (name, change) {
      const format = formats.document(name)
      if (!updating.has(name)) updating.set(name, pLimit(1))
      return await updating.get(name)!(async () => {
        for (;;) {
          const before = await stored.load(format)
          const { value, result } = change(before.value)
          // Changed by somebody else meanwhile: apply the change to what is there now.
          if (value !== before.value && !await stored.save(format, value, before)) continue
          documents.get(name)?.forget()
          return result
        }
      })
    },

    check: () => (checking ??= driver.check().finally(() => { checking = null })),

    close: () => (closing ??= (async () => {
      clearInterval(tidying)
      const until = performance.now() + CLOSING_MS
      await moveRings(rings.callers(), () => performance.now() < until)
      if (active.size > 0) await once(activity, 'idle')
      await Promise.all([...updating.values()].map((oneAtATime) => oneAtATime(async () => {})))
      await driver.close()
    })())
  }
}
