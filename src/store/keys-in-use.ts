/**
 * The keys that stored data may be sealed with: the document `keys` has one sealed word for each. It is looked at before
 * anything else is, so that a wrong or missing key is found at start, and not call by call.
 */
import type { KeysInUse } from '../../schemas/caller-record.ts'
import { EncryptionKeyWrong, RecordSealed } from '../errors.ts'
import { parseJson } from '../parse-json.ts'
import { isSealed, keyIdOf, type Sealed, type Sealer } from './sealer.ts'
import type { DocumentChange, Store } from './store.ts'

/** What is sealed, and under which name. It says nothing: all that matters is which key opens it. */
const WORD = 'memory bridge'
const NAME = 'keys'

/** A page of callers that were sealed anew. */
export interface SealedPage {
  /** The hash before the first one; null for the first page. */
  after: string | null
  /** The last hash of the page; null when there is none behind it. */
  next: string | null
  /** Whether all of them could be. */
  isClean: boolean
}

/**
 * Makes sure that every key in use is here, and that the one that seals now is among them.
 *
 * @param sealer - null when there is no key
 * @throws {EncryptionKeyWrong} a key is missing; nothing was changed
 */
export async function checkKeys (store: Pick<Store, 'updateDocument'>, sealer: Sealer | null): Promise<void> {
  await store.updateDocument('keys', (value) => {
    for (const seal of value?.seals ?? []) requireKey(parseSeal(seal), sealer)
    return { value: sealer === null ? value : withCurrentKey(value, sealer), result: undefined }
  })
}

/**
 * Notes how far everything is sealed with the key that seals now. Pages may come twice, in another order, from several
 * runs or to several replicas: only those that join up, from the first one on, count. After the last of these the older
 * keys are dropped.
 */
export function recordSealedPage (sealer: Sealer, { after, next, isClean }: SealedPage): DocumentChange<KeysInUse, void> {
  return (value) => {
    const keys = withCurrentKey(value, sealer)
    const { resealed, ...rest } = keys
    const joins = after === null || (resealed !== undefined && after <= resealed.up_to)
    if (!isClean) return { value: resealed === undefined ? keys : rest, result: undefined }
    if (!joins) return { value: keys, result: undefined }
    if (next === null) return { value: { ...rest, seals: rest.seals.filter((seal) => !isOld(seal, sealer)) }, result: undefined }
    const upTo = after === null || resealed === undefined || next > resealed.up_to ? next : resealed.up_to
    return { value: { ...rest, resealed: { key_id: sealer.keyIds[0], up_to: upTo } }, result: undefined }
  }
}

/**
 * The same `value` when the key that seals now is in it. Progress that was made with another key does not count: once
 * that key came second, something may have been sealed without it.
 */
function withCurrentKey (value: KeysInUse | null, sealer: Sealer): KeysInUse {
  const { resealed, seals } = value ?? { seals: [], resealed: undefined }
  const hasKey = seals.some((seal) => sealer.isCurrent(parseSeal(seal)))
  const isOurs = resealed === undefined || resealed.key_id === sealer.keyIds[0]
  if (value !== null && hasKey && isOurs) return value
  return {
    version: 1,
    seals: hasKey ? seals : [...seals, sealer.seal(WORD, NAME)],
    ...(resealed !== undefined && isOurs ? { resealed } : {})
  }
}

/** A key that is not known here is not old: another bridge was started with it since. */
function isOld (text: string, sealer: Sealer): boolean {
  const seal = parseSeal(text)
  return !sealer.isCurrent(seal) && opens(sealer, seal)
}

function requireKey (seal: Sealed, sealer: Sealer | null): void {
  if (sealer !== null && opens(sealer, seal)) return
  throw new EncryptionKeyWrong(whatToDo(keyIdOf(seal), sealer))
}

function whatToDo (keyId: string, sealer: Sealer | null): string {
  if (sealer === null) return `The stored data are sealed with key ${keyId}, and DATA_ENCRYPTION_KEY is not set: set it to that key and start again`
  return sealer.keyIds.includes(keyId)
    ? `The stored document "keys" was changed since it was sealed with key ${keyId}: bring it back from a backup and start again`
    : `DATA_ENCRYPTION_KEY lacks key ${keyId}, which stored data are sealed with: put it behind the first key and start again; once "memory-bridge seal" has run it is not needed any more`
}

function opens (sealer: Sealer, seal: Sealed): boolean {
  try {
    sealer.open(seal, NAME)
    return true
  } catch (error) {
    if (error instanceof RecordSealed) return false
    throw error
  }
}

/** A seal that somebody has spoilt is one that no key opens. */
function parseSeal (text: string): Sealed {
  const seal = parseJson(text)
  return isSealed(seal) ? seal : {}
}
