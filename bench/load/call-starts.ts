import { ringBody } from '../../src/simulate/elevenlabs.ts'
import { WEBHOOK_SECRET } from '../bridge.ts'
import { newCall } from '../people.ts'
import type { Random } from '../random.ts'

export const PATH = '/webhook/personalize'

export const HEADERS = { 'content-type': 'application/json', 'x-webhook-secret': WEBHOOK_SECRET }

export function callStart (callers: number, random: Random): { n: number, conversationId: string, body: string } {
  const n = random.below(callers)
  const call = newCall(n, random)
  return { n, conversationId: call.conversationId, body: JSON.stringify(ringBody(call)) }
}

export function isPersonal (body: string): boolean {
  return body.includes('"is_returning":"true"')
}
