/** The requests that all targets get: returning callers, drawn uniformly at random, each with a new call. */
import { ringBody } from '../../src/demo/elevenlabs.ts'
import { WEBHOOK_SECRET } from '../bridge.ts'
import { newCall } from '../people.ts'
import type { Random } from '../random.ts'

export const PATH = '/webhook/personalize'

export const HEADERS = { 'content-type': 'application/json', 'x-webhook-secret': WEBHOOK_SECRET }

/** One call start of any of so many callers. */
export function callStart (callers: number, random: Random): { n: number, conversationId: string, body: string } {
  const n = random.below(callers)
  const call = newCall(n, random)
  return { n, conversationId: call.conversationId, body: JSON.stringify(ringBody(call)) }
}

/** Whether an answer is one for a caller who is known: the neutral one is not. */
export function isPersonal (body: string): boolean {
  return body.includes('"is_returning":"true"')
}
