/**
 * The document `keys` has one sealed word per key in use. It is checked before anything else is read, so that a wrong
 * or missing key is found at start and not during a call.
 */
import type { KeysInUse } from '../../schemas/caller-record.ts'
import type { DocumentChange } from '../caller/caller.ts'
import { EncryptionKeyWrong, RecordSealed } from '../errors.ts'
import { parseJson } from '../json.ts'
import { isSealed, keyIdOf, type Sealed, type Sealer } from './sealer.ts'
import type { Store } from './store.ts'

/** The text does not matter, only which key opens it. */
const WORD = 'memory bridge'
const NAME = 'keys'

export interface SealedPage {
  /** Exclusive; null on the first page. */
  after: string | null
  /** Null on the last page. */
  next: string | null
  /** Whether every record could be sealed. */
  isClean: boolean
}

/** @throws {EncryptionKeyWrong} a key in use is missing; nothing was changed */
export async function checkKeys (store: Pick<Store, 'updateDocument'>, sealer: Sealer | null): Promise<void> {
  await store.updateDocument('keys', (value) => {
    for (const seal of value?.seals ?? []) requireKey(parseSeal(seal), sealer)
    return { value: sealer === null ? value : withCurrentKey(value, sealer), result: undefined }
  })
}

/**
 * Records how far everything is sealed with the current key; after the last page, drops the older keys. Pages may come
 * twice or out of order, so a page counts only if it continues the pages from the first one on.
 */
export function recordSealedPage (
  sealer: Sealer, { after, next, isClean }: SealedPage
): DocumentChange<KeysInUse, void> {
  return (value) => {
    const keys = withCurrentKey(value, sealer)
    const { resealed, ...rest } = keys
    const joins = after === null || (resealed !== undefined && after <= resealed.up_to)
    if (!isClean) return { value: resealed === undefined ? keys : rest, result: undefined }
    if (!joins) return { value: keys, result: undefined }
    if (next === null) {
      return { value: { ...rest, seals: rest.seals.filter((seal) => !isOld(seal, sealer)) }, result: undefined }
    }
    const upTo = after === null || resealed === undefined || next > resealed.up_to ? next : resealed.up_to
    return { value: { ...rest, resealed: { key_id: sealer.keyIds[0], up_to: upTo } }, result: undefined }
  }
}

/** Drops progress made under another first key: records written since are sealed with a different one. */
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

/** Keeps the seals of unknown keys: another replica may already use a newer key. */
function isOld (text: string, sealer: Sealer): boolean {
  const seal = parseSeal(text)
  return !sealer.isCurrent(seal) && opens(sealer, seal)
}

function requireKey (seal: Sealed, sealer: Sealer | null): void {
  if (sealer !== null && opens(sealer, seal)) return
  throw new EncryptionKeyWrong(whatToDo(keyIdOf(seal), sealer))
}

function whatToDo (keyId: string, sealer: Sealer | null): string {
  if (sealer === null) {
    return `The stored data is sealed with key ${keyId}, but DATA_ENCRYPTION_KEY is not set: ` +
      'set it to that key and start again'
  }
  return sealer.keyIds.includes(keyId)
    ? `The stored document "keys" was changed since it was sealed with key ${keyId}: ` +
      'restore it from a copy and start again'
    : `DATA_ENCRYPTION_KEY lacks key ${keyId}, which stored data is sealed with: ` +
      'add it after the first key and start again. After "memory-bridge seal" it is no longer needed'
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

/** No key opens a seal that was tampered with. */
function parseSeal (text: string): Sealed {
  const seal = parseJson(text)
  return isSealed(seal) ? seal : {}
}
