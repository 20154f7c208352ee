import { ringBody } from '../../src/demo/elevenlabs.ts'
import { WEBHOOK_SECRET } from '../bridge.ts'
import { newCall } from '../people.ts'
import type { Random } from '../random.ts'

export const PATH = '/webhook/personalize'

export const HEADERS = { 'content-type': 'application/json', 'x-webhook-secret': WEBHOOK_SECRET }

/** A call start of a random one of `callers` callers, with a new call. */
export function callStart (callers: number, random: Random): { n: number, conversationId: string, body: string } {
  const n = random.below(callers)
  const call = newCall(n, random)
  return { n, conversationId: call.conversationId, body: JSON.stringify(ringBody(call)) }
}

/** Whether a response is not the neutral one. */
export function isPersonal (body: string): boolean {
  return body.includes('"is_returning":"true"')
}
