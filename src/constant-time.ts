/** Comparing secrets without telling by the time it takes how much of them was right. */
import { hash, timingSafeEqual } from 'node:crypto'

/** Whether `given` is one of `secrets`. Digests are compared, so lengths may differ; an empty list matches nothing. */
export function isOneOf (given: string, secrets: readonly string[]): boolean {
  const digest = sha256(given)
  return secrets.map((secret) => timingSafeEqual(sha256(secret), digest)).includes(true)
}

function sha256 (text: string): Buffer {
  return hash('sha256', text, 'buffer')
}
