/** The operator's operations on the memory: each is one pure change, run by the store. */
import type { CallerRecord, Fact, Note, OpenItem, StoredCaller } from '../schemas/caller-record.ts'
import { activeRecord, type Context } from './caller/caller.ts'
import { approveFact, countPending, factHistory, rejectFact } from './caller/fact-review.ts'
import { addFact, correctFact, countCurrent, removeFact, type FactPatch, type FactResult } from './caller/facts.ts'
import { addCallerNote, MAX_GLOBAL_NOTES, removeCallerNote, withNote, withoutNote } from './caller/notes.ts'
import { closeItem } from './caller/open-items.ts'
import { changeProfile, erase, type Erasure, type ProfilePatch } from './caller/profile.ts'
import { RequestInvalid, TimeInvalid } from './errors.ts'
import { ownNumberTest } from './calls/own-numbers.ts'
import type { CallerIdReader, Identity } from './phone/caller-id-reader.ts'
import { rekeyCaller } from './store/rekey-caller.ts'
import { hashPrefix } from './phone/phone-hash.ts'
import type { Store } from './store/store.ts'

/** ISO 8601 with any offset, Unix seconds, or null for never. */
export type Expiry = string | number | null

export interface CallerSummary extends Pick<CallerRecord,
  'phone_hash' | 'caller_name' | 'language' | 'call_count' | 'first_seen' | 'last_seen'> {
  remember: boolean
  total_facts: number
  pending_facts: number
}

/** What is known about a phone number, or why it is not one. */
export type Lookup =
  | { phoneHash: string, isKnown: boolean, isOwn: boolean }
  | Exclude<Identity, { kind: 'phone' }>

export interface ErasureReceipt extends Erasure {
  storage: Store['driver']
}

export interface MemoryParts {
  store: Store
  callerId: CallerIdReader
  /** Removes what must not be stored, such as card numbers. */
  redact: (text: string) => string
  now: () => Date
  newId: () => string
  /** Called with the hash prefix of each caller that a list leaves out because the record cannot be read. */
  onUnreadable?: ((caller: string) => void) | undefined
}

/**
 * Writes resolve once they are durable, and can reject with `StorageBusy`, `StorageUnavailable`, `RecordDamaged` or
 * `RecordSealed`. An expiry that does not exist rejects with `TimeInvalid`.
 */
export interface Memory {
  /** The record, a stub if the caller opted out, or null. */
  read (phoneHash: string): Promise<StoredCaller | null>
  /** One page in the order of phone hashes; `next` is null on the last. */
  list (after: string | null, limit: number): Promise<{ callers: CallerSummary[], next: string | null }>
  /** Moves a record from the number's unkeyed hash first. */
  lookup (phone: string): Promise<Lookup>
  addFact (
    phoneHash: string,
    input: { text: string, pinned?: boolean | undefined, expiresAt?: Expiry | undefined }
  ): Promise<FactResult>
  correctFact (
    phoneHash: string,
    factId: string,
    patch: Omit<FactPatch, 'expiresAt'> & { expiresAt?: Expiry | undefined }
  ): Promise<FactResult>
  /** Resolves to the number of current facts that are left. */
  removeFact (phoneHash: string, factId: string): Promise<number>
  /** Oldest first. */
  factHistory (phoneHash: string, factId: string): Promise<Fact[]>
  approveFact (phoneHash: string, factId: string): Promise<FactResult>
  rejectFact (phoneHash: string, factId: string): Promise<FactResult>
  closeItem (phoneHash: string, itemId: string): Promise<OpenItem>
  changeProfile (phoneHash: string, patch: ProfilePatch): Promise<StoredCaller>
  erase (phoneHash: string): Promise<ErasureReceipt>
  /** A null hash means everybody. */
  addNote (phoneHash: string | null, text: string, expiresAt: Expiry): Promise<Note>
  /** Oldest first, expired ones included. */
  listNotes (phoneHash: string | null): Promise<Note[]>
  removeNote (phoneHash: string | null, noteId: string): Promise<void>
}

/** As in the schemas of facts and notes, but checked again after masking: a mask can be longer than the number. */
const MAX_TEXT_CHARS = 1000
const TOO_LONG =
  `body has a text of more than ${MAX_TEXT_CHARS} characters once the caller's number in it is masked: shorten it`

export function createMemory ({ store, callerId, redact, now, newId, onUnreadable }: MemoryParts): Memory {
  const instant = () => now().toISOString()
  const context = (phoneHash: string): Context => ({ phoneHash, newId: newId(), now: instant() })

  /** Masks the caller's number, and removes what else must not be stored. */
  function mask (text: string, phoneHash: string): string {
    const masked = callerId.fromHash(phoneHash).mask(redact(text))
    if ([...masked].length > MAX_TEXT_CHARS) throw new RequestInvalid(TOO_LONG)
    return masked
  }

  return {
    read: async (phoneHash) => (await store.load(phoneHash)).record,

    async list (after, limit) {
      const { callers, unreadable, next } = await store.list('records', after, limit)
      for (const phoneHash of unreadable) onUnreadable?.(hashPrefix(phoneHash))
      const at = instant()
      return { callers: callers.flatMap(({ record }) => record === null ? [] : [summary(record, at)]), next }
    },

    async lookup (phone) {
      const identity = callerId.identify(phone)
      if (identity.kind !== 'phone') return identity
      await rekeyCaller(store, identity)
      const { phoneHash } = identity
      return {
        phoneHash,
        isKnown: (await store.load(phoneHash)).record !== null,
        isOwn: (await ownNumberTest(store, callerId))(identity)
      }
    },

    addFact: async (phoneHash, { text, pinned, expiresAt }) => await store.update(phoneHash, addFact(
      { ...context(phoneHash), factId: newId() },
      { text: mask(text, phoneHash), pinned, expiresAt: expiresAt === undefined ? undefined : endOf(expiresAt) }
    )),

    correctFact: async (phoneHash, factId, { text, pinned, expiresAt }) => await store.update(phoneHash, correctFact(
      factId,
      {
        text: text === undefined ? undefined : mask(text, phoneHash),
        pinned,
        expiresAt: expiresAt === undefined ? undefined : endOf(expiresAt)
      },
      instant()
    )),

    removeFact: (phoneHash, factId) => store.update(phoneHash, removeFact(factId, instant())),
    factHistory: async (phoneHash, factId) => factHistory(await store.load(phoneHash), factId),
    approveFact: (phoneHash, factId) => store.update(phoneHash, approveFact(factId, instant())),
    rejectFact: (phoneHash, factId) => store.update(phoneHash, rejectFact(factId, instant())),
    closeItem: (phoneHash, itemId) => store.update(phoneHash, closeItem(itemId, instant())),
    changeProfile: (phoneHash, patch) => store.update(phoneHash, changeProfile(context(phoneHash), patch)),
    erase: async (phoneHash) => ({ ...await store.update(phoneHash, erase(instant())), storage: store.driver }),

    async addNote (phoneHash, text, expiresAt) {
      const note = { id: newId(), text: redact(text), created_at: instant(), expires_at: endOf(expiresAt) }
      return phoneHash === null
        ? await changeNotes(store, (notes) => ({ notes: withNote(notes, note, MAX_GLOBAL_NOTES), result: note }))
        : await store.update(phoneHash, addCallerNote(context(phoneHash), { ...note, text: mask(text, phoneHash) }))
    },

    async listNotes (phoneHash) {
      if (phoneHash === null) return (await store.loadDocument('notes'))?.notes ?? []
      return activeRecord(await store.load(phoneHash))?.notes ?? []
    },

    async removeNote (phoneHash, noteId) {
      if (phoneHash !== null) return await store.update(phoneHash, removeCallerNote(noteId))
      await changeNotes(store, (notes) => ({ notes: withoutNote(notes, noteId), result: undefined }))
    }
  }
}

function changeNotes<T> (store: Store, change: (notes: Note[]) => { notes: Note[], result: T }): Promise<T> {
  return store.updateDocument('notes', (value) => {
    const { notes, result } = change(value?.notes ?? [])
    return { value: { version: 1, notes }, result }
  })
}

/** Stored times are compared as text, so they are all UTC with a year of four digits. */
function endOf (expiry: Expiry): string | null {
  if (expiry === null) return null
  // ISO 8601 allows an offset of hours only, `Date` does not.
  const date = new Date(typeof expiry === 'number' ? expiry * 1000 : expiry.replace(/(?<=:.*[+-]\d\d)$/, ':00'))
  const year = date.getUTCFullYear()
  if (!(year >= 0 && year <= 9999)) throw new TimeInvalid()
  return date.toISOString()
}

function summary (caller: StoredCaller, now: string): CallerSummary {
  if (!caller.remember) {
    return {
      ...caller,
      caller_name: null,
      language: null,
      call_count: 0,
      total_facts: 0,
      pending_facts: 0,
      first_seen: null,
      last_seen: null
    }
  }
  return {
    phone_hash: caller.phone_hash,
    remember: true,
    caller_name: caller.caller_name,
    language: caller.language,
    call_count: caller.call_count,
    total_facts: countCurrent(caller.facts, now),
    pending_facts: countPending(caller),
    first_seen: caller.first_seen,
    last_seen: caller.last_seen
  }
}
