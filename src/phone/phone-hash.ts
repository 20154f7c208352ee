/** The caller's key: a hash that stands for the number everywhere, so that the number itself is never written. */
import { createHmac, hash } from 'node:crypto'

/**
 * 64 lower-case hex digits for a number in E.164 form.
 *
 * @param key - PHONE_HASH_KEY. Without one the hash is plain SHA-256, and whoever holds the data can
 *   find the numbers by trying them all: there are few enough of them
 */
export function hashPhone (e164: string, key?: string): string {
  return key === undefined
    ? hash('sha256', e164)
    : createHmac('sha256', key).update(e164).digest('hex')
}

/** The first 8 digits of a phone hash: all that a log line may carry. */
export function hashPrefix (phoneHash: string): string {
  return phoneHash.slice(0, 8)
}

/** `text` with every phone hash in it cut to that: file names carry whole ones, and so do the errors of the file system. */
export function hideHashes (text: string): string {
  return text.replace(/\b([0-9a-f]{8})[0-9a-f]{56}\b/g, '$1…')
}
