/** Callers are stored under a hash, so that the number itself is never written. */
import { createHmac, hash } from 'node:crypto'

/** 64 lower-case hex digits. Without `key`, anybody who has the data can find the numbers by trying all of them. */
export function hashPhone (e164: string, key?: string): string {
  return key === undefined
    ? hash('sha256', e164)
    : createHmac('sha256', key).update(e164).digest('hex')
}

/** An id of PHONE_HASH_KEY that does not reveal it if it is long and random. */
export function hashKeyId (hashKey: string | undefined): string | null {
  if (hashKey === undefined) return null
  return createHmac('sha256', hashKey).update('memory-bridge hash key id').digest('hex').slice(0, 8)
}

/** The first 8 digits: no log line may have more. */
export function hashPrefix (phoneHash: string): string {
  return phoneHash.slice(0, 8)
}

/** Cuts phone hashes to their prefix: file names, and so the errors of the file system, contain whole ones. */
export function hideHashes (text: string): string {
  return text.replace(/\b([0-9a-f]{8})[0-9a-f]{56}\b/g, '$1…')
}
