/** The story of the demo: a caller rings twice and is known the second time. Plays ElevenLabs and the operator. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { CallStartResponse } from '../../schemas/personalize.ts'
import type { BridgeProcess } from './bridge-process.ts'
import { postCallBody, ringBody, signatureHeader, type DemoCall } from './elevenlabs.ts'
import type { Screen } from './screen.ts'

const CALLER = '+15550100123'
const FIRST_CALL: DemoCall = {
  callerId: CALLER,
  conversationId: 'conv_0001demo',
  callSid: 'CA00000000000000000000000000000001'
}
const SECOND_CALL: DemoCall = {
  callerId: CALLER,
  conversationId: 'conv_0002demo',
  callSid: 'CA00000000000000000000000000000002'
}
const OTHER_CALLER = '+15550100145'
const OTHER_CALLS = ['conv_0004demo', 'conv_0005demo'].map((conversationId, n): DemoCall => ({
  callerId: OTHER_CALLER,
  conversationId,
  callSid: `CA0000000000000000000000000000000${n + 4}`
}))
const WITHHELD_CALL: DemoCall = {
  callerId: 'anonymous',
  conversationId: 'conv_0003demo',
  callSid: 'CA00000000000000000000000000000003'
}

const FACT = 'Dana has a dog that is afraid of couriers'
const NOTE = 'Deliveries are about an hour late today because of snow'

const LEARNT = 'Wants parcels left with the neighbour'

/** Longest wait for what is learnt in the background. */
const LEARNING_MS = 20_000

/**
 * Plays all steps; what was not as expected is on the screen, and counted there. The bridge learns with the scripted
 * model.
 */
export async function playStory (bridge: BridgeProcess, screen: Screen): Promise<void> {
  const first = await firstCall(bridge, screen)
  await callEnds(bridge, screen)
  await learns(bridge, screen)
  await operatorEdits(bridge, screen)
  await secondCall(bridge, screen, first)
  await withheldCall(bridge, screen)
  await forgedReport(bridge, screen)
}

async function firstCall (bridge: BridgeProcess, screen: Screen): Promise<CallStartResponse> {
  screen.chapter(
    'The phone rings: somebody new',
    `ElevenLabs posts caller_id ${CALLER} to /webhook/personalize and gets the prompt:`
  )
  const response = await ring(bridge, FIRST_CALL)
  screen.prompt(promptOf(response), { showSoul: true, seenBefore: promptOf(response) })
  screen.said('The agent says', firstMessageOf(response))
  screen.expect(
    'a stranger: first call, nothing on file',
    response.dynamic_variables.call_count === '1' && response.dynamic_variables.is_returning === 'false'
  )
  return response
}

async function callEnds (bridge: BridgeProcess, screen: Screen): Promise<void> {
  screen.chapter('The call ends', 'ElevenLabs posts the signed transcript and its summary to /webhook/post-call.')
  const body = postCallBody(FIRST_CALL, nowSeconds())
  const signature = signatureHeader(body, bridge.webhookSecret, nowSeconds())
  const { status, json } = await post(bridge, '/webhook/post-call', body, { 'ElevenLabs-Signature': signature })
  screen.detail(`${status} ${JSON.stringify(json)}`)
  screen.expect(
    'the signature is right, the call is closed and its summary kept',
    status === 200 && json['outcome'] === 'closed'
  )
  const again = await post(bridge, '/webhook/post-call', body, { 'ElevenLabs-Signature': signature })
  screen.expect(
    'delivered a second time, it changes nothing',
    again.status === 200 && again.json['outcome'] === 'repeated'
  )
}

async function learns (bridge: BridgeProcess, screen: Screen): Promise<void> {
  screen.chapter(
    'It learns from what was said',
    'A SCRIPTED MODEL stands in for a language model here: what it says was written in advance. All else is real.'
  )
  const { caller_name: name, facts } = await recordWhen(bridge, CALLER, ({ jobs }) => jobs === undefined)
  const [fact] = facts as Array<Record<string, unknown>>
  screen.said('The caller said', String(fact?.['evidence']))
  screen.expect(`a fact, with the caller's own words as evidence: ${LEARNT}`, fact?.['text'] === LEARNT)
  screen.expect('and the name: Dana', name === 'Dana')
}

async function operatorEdits (bridge: BridgeProcess, screen: Screen): Promise<void> {
  screen.chapter(
    'The operator adds what they know',
    'Through the admin API, with the admin key; the phone number stays in the body and is never stored.'
  )
  const phoneHash = await keyOf(bridge, CALLER)
  screen.detail(`the caller's key is ${phoneHash.slice(0, 16)}…`)
  const fact = await admin(bridge, 'POST', `/api/memory/${phoneHash}`, { fact: FACT })
  screen.expect(`a fact: ${FACT}`, fact.json['total_facts'] === 2)
  const note = await admin(bridge, 'POST', '/api/notes', { note: NOTE })
  screen.expect(`a note for everybody: ${NOTE}`, note.json['global'] === true)
}

async function secondCall (bridge: BridgeProcess, screen: Screen, first: CallStartResponse): Promise<void> {
  screen.chapter(
    'The same number rings again',
    'Now the prompt carries what is known; what is new since the first call stands out:'
  )
  const response = await ring(bridge, SECOND_CALL)
  const prompt = promptOf(response)
  screen.prompt(prompt, { showSoul: false, seenBefore: promptOf(first) })
  screen.said('The agent says', firstMessageOf(response))
  screen.expect(
    'greeted by name, because of what was said on the first call',
    firstMessageOf(response).includes('Dana')
  )
  screen.expect(
    'the second call, in the same session',
    response.dynamic_variables.call_count === '2' && response.user_id === first.user_id
  )
  screen.expect(
    'both facts, the note and the last call\'s summary are told',
    [LEARNT, FACT, NOTE, 'parcels with the neighbour'].every((text) => prompt.includes(text))
  )
}

/** Another bridge, which has no language model. */
export async function playWithoutModel (bridge: BridgeProcess, screen: Screen): Promise<void> {
  screen.chapter(
    'Without any language model',
    'Another bridge, with LEARN_FROM_TRANSCRIPT off: it learns what ElevenLabs\' own data collection found.'
  )
  const [first, second] = OTHER_CALLS as [DemoCall, DemoCall]
  await ring(bridge, first)
  const body = postCallBody(first, nowSeconds(), { first_name: 'Otto', delivery_pref: 'at the back door' })
  await post(
    bridge,
    '/webhook/post-call',
    body,
    { 'ElevenLabs-Signature': signatureHeader(body, bridge.webhookSecret, nowSeconds()) }
  )
  const response = await ring(bridge, second)
  screen.prompt(promptOf(response), { showSoul: false, seenBefore: '' })
  screen.said('The agent says', firstMessageOf(response))
  screen.expect('greeted by name', firstMessageOf(response).includes('Otto'))
  screen.expect('and the collected preference is told', promptOf(response).includes('Delivery pref: at the back door'))
}

async function withheldCall (bridge: BridgeProcess, screen: Screen): Promise<void> {
  screen.chapter(
    'Somebody withholds their number',
    'caller_id is “anonymous”: a greeting, no memory, and nothing is stored.'
  )
  const response = await ring(bridge, WITHHELD_CALL)
  screen.said('The agent says', firstMessageOf(response))
  screen.expect(
    'all variables are there, with neutral values',
    response.dynamic_variables.caller_name === 'there' && response.dynamic_variables.call_count === '1'
  )
  screen.expect('nothing of Dana is shared', !JSON.stringify(response).includes('Dana'))
  const callers = await admin(bridge, 'GET', '/api/callers')
  screen.expect('still one caller on file', (callers.json['callers'] as unknown[]).length === 1)
}

async function forgedReport (bridge: BridgeProcess, screen: Screen): Promise<void> {
  screen.chapter('Somebody forges a report', 'A post-call body signed with a wrong secret.')
  const body = postCallBody(SECOND_CALL, nowSeconds())
  const { status, json } = await post(bridge, '/webhook/post-call', body, {
    'ElevenLabs-Signature': signatureHeader(body, 'not-the-secret', nowSeconds())
  })
  screen.detail(`${status} ${String(json['message'])}`)
  screen.expect('refused with 401', status === 401)
  screen.expect(
    'the log names no number and no caller text',
    bridge.log.every((line) => !line.includes(CALLER.slice(1)) && !line.includes('Dana'))
  )
}

async function keyOf (bridge: BridgeProcess, phone: string): Promise<string> {
  return String((await admin(bridge, 'POST', '/api/callers/lookup', { phone })).json['phone_hash'])
}

/**
 * A caller's record once it is as it should be, or as it is when that takes too long: what is expected of it then
 * fails.
 */
async function recordWhen (
  bridge: BridgeProcess,
  phone: string,
  isThere: (record: Record<string, unknown>) => boolean
): Promise<Record<string, unknown>> {
  const path = `/api/memory/${await keyOf(bridge, phone)}`
  const until = performance.now() + LEARNING_MS
  for (;;) {
    const { json } = await admin(bridge, 'GET', path)
    if (isThere(json) || performance.now() > until) return json
    await sleep(100)
  }
}

async function ring (bridge: BridgeProcess, call: DemoCall): Promise<CallStartResponse> {
  const { json } = await post(
    bridge,
    '/webhook/personalize',
    JSON.stringify(ringBody(call)),
    { 'X-Webhook-Secret': bridge.webhookSecret }
  )
  return json as CallStartResponse
}

async function admin (bridge: BridgeProcess, method: string, path: string, body?: object) {
  return await send(
    bridge,
    method,
    path,
    body === undefined ? null : JSON.stringify(body),
    { authorization: `Bearer ${bridge.adminKey}` }
  )
}

async function post (bridge: BridgeProcess, path: string, body: string, headers: Record<string, string>) {
  return await send(bridge, 'POST', path, body, headers)
}

async function send (
  bridge: BridgeProcess,
  method: string,
  path: string,
  body: string | null,
  headers: Record<string, string>
) {
  const response = await fetch(bridge.url + path, {
    method, body, headers: body === null ? headers : { 'content-type': 'application/json', ...headers }
  })
  return { status: response.status, json: await response.json() as Record<string, unknown> }
}

function promptOf (response: CallStartResponse): string {
  return response.conversation_config_override?.agent.prompt?.prompt ?? ''
}

function firstMessageOf (response: CallStartResponse): string {
  return response.conversation_config_override?.agent.first_message ?? ''
}

function nowSeconds (): number {
  return Math.floor(Date.now() / 1000)
}
