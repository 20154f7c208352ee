/** Made-up callers: numbers that are possible and belong to nobody, the hashes that stand for them, and their calls. */
import { hashPhone } from '../src/phone/phone-hash.ts'
import type { DemoCall } from '../src/demo/elevenlabs.ts'
import type { Random } from './random.ts'

/** Behind the numbers that tests and the demo use. */
const FIRST_NUMBER = 2_000_000

/** The number of the nth caller, below 8 million. */
export function numberOf (n: number): string {
  return `+1555${FIRST_NUMBER + n}`
}

/** The key of the nth caller, without PHONE_HASH_KEY. */
export function hashOf (n: number): string {
  return hashPhone(numberOf(n))
}

/** A call of the nth caller that never was before, with ids of the length that ElevenLabs and Twilio give. */
export function newCall (n: number, random: Random): DemoCall {
  return { callerId: numberOf(n), conversationId: `conv_${random.hex(28)}`, callSid: `CA${random.hex(32)}` }
}
