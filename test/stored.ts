/** Callers, moments and places for the tests of everything that is stored. */
import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import { STORED_SCHEMAS, type Note } from '../schemas/caller-record.ts'
import type { Change, Context } from '../src/caller/caller.ts'
import type { RecordedStart } from '../src/caller/calls.ts'
import { beginCall, type CallStart } from '../src/caller/open-ring.ts'
import { withNote } from '../src/caller/notes.ts'
import { addFact, type FactResult } from '../src/caller/facts.ts'
import { callerStore, type CallerStoreParts } from '../src/store/caller-store.ts'
import { compileChecks } from '../src/store/compile-checks.ts'
import { createDisk } from '../src/store/file/disk.ts'
import { doDiskWork } from '../src/store/file/disk-work.ts'
import { openFileDriver, openFileReader, type FileDriverParts } from '../src/store/file/file-driver.ts'
import { ignoring } from '../src/store/file/system-error.ts'
import { createFormats } from '../src/store/formats.ts'
import type { StoreReader } from '../src/store/open-store.ts'
import type { Store } from '../src/store/store.ts'
import { sweepOnce } from '../src/store/sweep.ts'

export const checks = compileChecks(STORED_SCHEMAS)

/** File work in the calling thread: threads take longer to start than most tests take. */
export const directDisk = createDisk(doDiskWork)

/** A call's end is taken in as it is, and nothing is learnt from what was said. */
export const noLearning = {
  redact: (text: string) => text,
  learning: { wake: () => {} }
}

/** The settings of call flows, without learning. */
export const callConfig = (agentIds: string[]) => ({
  ELEVENLABS_AGENT_ID: agentIds, PERSONALIZE_TIMEOUT_MS: 1000, LEARN_FROM_TRANSCRIPT: false, STORE_TRANSCRIPTS: false, TIMEZONE: 'UTC', REDACT: 'on' as const
})

const noLog = (fields: object, message: string) => { throw new Error(message, { cause: fields }) }

/** What it warns of fails the test. */
export const silentLog = { info: () => {}, warn: noLog, error: noLog }

/** Everything as plain JSON. */
export const plainFormats = createFormats(checks, null)

/** The phone hash of the nth caller; neighbours lie in different folders. */
export function callerHash (n: number): string {
  return createHash('sha256').update(`caller ${n}`).digest('hex')
}

/** A moment, in seconds after the first one. */
export function at (seconds: number): string {
  return new Date(Date.UTC(2026, 10, 22, 9) + seconds * 1000).toISOString()
}

export function contextOf (phoneHash: string, seconds: number): Context {
  return { phoneHash, newId: `session-${seconds}`, now: at(seconds) }
}

/** Adds a plain fact at a moment; its id is made of the text. */
export function fact (phoneHash: string, text: string, seconds = 1): Change<FactResult> {
  return addFact({ ...contextOf(phoneHash, seconds), factId: `fact ${text}`.slice(0, 64) }, { text, pinned: false, expires_at: null })
}

/** Starts a call at a moment, as the webhook does. @param when - seconds, or ISO 8601 */
export function callStart (
  phoneHash: string, conversationId: string | null, when: number | string = 1, told: string[] = []
): CallStart<RecordedStart> {
  const ids = { conversationId, callSid: null }
  const context = typeof when === 'number' ? contextOf(phoneHash, when) : { phoneHash, newId: 'session', now: when }
  return beginCall(context, ids, 'inbound', (record, callNumber) => ({ told, result: { record, callNumber } }))
}

/** Adds a note for everybody. */
export async function addNote (store: Store, note: Note, limit = 1000): Promise<string> {
  return await store.updateDocument('notes', (value) => ({ value: { version: 1, notes: withNote(value?.notes ?? [], note, limit) }, result: note.id }))
}

/** Drops erasure marks made before `instant` (ISO 8601), as a sweep does. Resolves to how many were dropped. */
export async function dropMarks (store: Store, instant: string): Promise<number> {
  const swept = await sweepOnce({
    store,
    days: { marks: 0, callers: null },
    maxShare: 10,
    now: () => new Date(instant),
    driftMs: () => 0,
    newId: randomUUID,
    log: { ...silentLog, info: noLog },
    pause: async () => {}
  }, true, new AbortController().signal)
  return swept?.counts.marks ?? 0
}

/** The texts of a caller's facts, in order; null when there is no record. */
export async function factsOf (store: Store, phoneHash: string): Promise<string[] | null> {
  const { record } = await store.load(phoneHash)
  return record?.remember ? record.facts.map(({ text }) => text) : null
}

export type FileStoreOptions = FileDriverParts & Omit<CallerStoreParts, 'driver'>

export async function openFileStore (options: FileStoreOptions): Promise<Store> {
  return callerStore({ ...options, driver: await openFileDriver(options) })
}

/** For reading beside a store that is open. */
export async function openReader (folder: string, formats = plainFormats): Promise<StoreReader> {
  const driver = await openFileReader({ folder, disk: directDisk, isRing: checks.ring })
  const parts = { driver, formats, now: () => new Date(), onDamaged: () => {}, onLost: () => {} }
  const { list, loadDocument } = callerStore(parts)
  return { list, loadDocument, close: () => driver.close() }
}

/** A folder with a file store in it, and what the store reported. */
export function filePlace (t: Test, overrides: Partial<FileStoreOptions> = {}) {
  const damaged: string[] = []
  const lost: Array<{ phoneHash: string, error: unknown }> = []
  let last: Store | undefined
  // Before t.testdir(): tap would else take the folder away first.
  t.teardown(() => last?.close())
  const folder = overrides.folder ?? join(t.testdir({}), 'data')

  return {
    folder,
    damaged,
    lost,
    recordPath: (phoneHash: string) => join(folder, 'callers', phoneHash.slice(0, 2), `${phoneHash}.json`),
    markPath: (phoneHash: string) => join(folder, 'erasures', phoneHash.slice(0, 2), `${phoneHash}.json`),
    open: async () => {
      last = await openFileStore({
        folder,
        formats: plainFormats,
        disk: directDisk,
        onDamaged: (name) => damaged.push(name),
        onLost: (phoneHash, error) => lost.push({ phoneHash, error }),
        isRing: checks.ring,
        log: silentLog,
        now: () => new Date(at(0)),
        ...overrides
      })
      return last
    }
  }
}

/**
 * Every file under a folder with its bytes, by path. A bridge may be at work there: what goes meanwhile is not there.
 */
export async function filesUnder (folder: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return new Map(paths.flatMap((path) => {
    const bytes = ignoring(['ENOENT'], () => readFileSync(path))
    return bytes === null ? [] : [[path.slice(folder.length + 1), bytes]]
  }))
}

/** `value`, with every attempt to change it made to throw. */
export function deepFreeze<T> (value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(deepFreeze)
  }
  return value
}
