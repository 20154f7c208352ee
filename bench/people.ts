/** Made-up callers, with valid numbers that are not in use. */
import { hashPhone } from '../src/phone/phone-hash.ts'
import type { PhoneCall } from '../src/simulate/elevenlabs.ts'
import type { Random } from './random.ts'

/** Above the numbers that tests and the demo use. */
const FIRST_NUMBER = 2_000_000

/** @param n - below 8 million */
export function numberOf (n: number): string {
  return `+1555${FIRST_NUMBER + n}`
}

export function hashOf (n: number): string {
  return hashPhone(numberOf(n))
}

/** A new call, with ids as long as those of ElevenLabs and Twilio. */
export function newCall (n: number, random: Random): PhoneCall {
  return { callerId: numberOf(n), conversationId: `conv_${random.hex(28)}`, callSid: `CA${random.hex(32)}` }
}
