/** The story of the demo: somebody calls twice, and is recognised the second time. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { CallStartResponse } from '../../schemas/personalize.ts'
import type { BridgeProcess } from './bridge-process.ts'
import type { PhoneCall, Report } from '../simulate/elevenlabs.ts'
import { firstMessageOf, promptOf, type Screen } from '../simulate/screen.ts'

const CALLER = '+15550100123'
const OTHER_CALLER = '+15550100145'

const demoCall = (callerId: string, n: number): PhoneCall =>
  ({ callerId, conversationId: `conv_000${n}demo`, callSid: `CA0000000000000000000000000000000${n}` })

const FIRST_CALL = demoCall(CALLER, 1)
const SECOND_CALL = demoCall(CALLER, 2)
const WITHHELD_CALL = demoCall('anonymous', 3)
const OTHER_FIRST_CALL = demoCall(OTHER_CALLER, 4)
const OTHER_SECOND_CALL = demoCall(OTHER_CALLER, 5)
const RESUMED_CALL = demoCall(CALLER, 6)

const FACT = 'Dana has a dog that is afraid of couriers'
const NOTE = 'Deliveries are about an hour late today because of snow'

const LEARNT = 'Wants parcels left with the neighbour'

const CUT_OFF = {
  turns: [
    { role: 'agent', message: 'Welcome back, Dana! How can I help you today?' },
    { role: 'user', message: 'When does my parcel come today?' },
    { role: 'agent', message: 'One moment, I will look it' }
  ],
  summary: 'The caller asked when the parcel comes today; the line broke off before the answer.',
  title: 'Time of a delivery',
  isBroken: true
} satisfies Partial<Report>

const REMEMBERED = 'Wants couriers to ring twice'

/** Longest wait for learning in the background. */
const LEARNING_MS = 20_000

/** Plays all steps, and counts failed ones on the screen. The bridge must learn with the scripted model. */
export async function playStory (bridge: BridgeProcess, screen: Screen): Promise<void> {
  const first = await firstCall(bridge, screen)
  await callEnds(bridge, screen)
  await learns(bridge, screen)
  await operatorEdits(bridge, screen)
  const second = await secondCall(bridge, screen, first)
  await duringTheCall(bridge, screen, second)
  await brokenOffCall(bridge, screen)
  await withheldCall(bridge, screen)
  await forgedCallEnd(bridge, screen)
}

async function firstCall (bridge: BridgeProcess, screen: Screen): Promise<CallStartResponse> {
  screen.chapter('Somebody new calls',
    `ElevenLabs posts caller_id ${CALLER} to /webhook/personalize, and gets this prompt:`)
  const response = await startCall(bridge, FIRST_CALL)
  screen.prompt(promptOf(response), { showSoul: true, seenBefore: promptOf(response) })
  screen.said('The agent says', firstMessageOf(response))
  const { call_count: count, is_returning: isReturning } = response.dynamic_variables
  screen.expect('a first-time caller: nothing is stored yet', count === '1' && isReturning === 'false')
  return response
}

async function callEnds (bridge: BridgeProcess, screen: Screen): Promise<void> {
  screen.chapter('The call ends', 'ElevenLabs posts the transcript and a summary, signed, to /webhook/post-call.')
  const { status, json } = await bridge.client.endCall(FIRST_CALL)
  screen.detail(`${status} ${JSON.stringify(json)}`)
  screen.expect(
    'the signature is right, and the call is recorded with its summary', status === 200 && json['outcome'] === 'closed')
  const again = await bridge.client.endCall(FIRST_CALL)
  screen.expect('a repeated call end changes nothing', again.status === 200 && again.json['outcome'] === 'repeated')
}

async function learns (bridge: BridgeProcess, screen: Screen): Promise<void> {
  screen.chapter('The bridge learns from the call',
    'A SCRIPTED MODEL replaces the language model here: its answer was written in advance. Everything else is real.')
  const { caller_name: name, facts } = await learntRecord(bridge)
  const [fact] = facts as Array<Record<string, unknown>>
  screen.said('The caller said', String(fact?.['evidence']))
  screen.expect(`learnt a fact, with the caller's own words as evidence: ${LEARNT}`, fact?.['text'] === LEARNT)
  screen.expect('learnt the name: Dana', name === 'Dana')
}

async function operatorEdits (bridge: BridgeProcess, screen: Screen): Promise<void> {
  screen.chapter('The operator adds a fact and a note',
    'Through the admin API, with the admin key. The phone number is only sent in a body, and never stored.')
  const phoneHash = await hashOf(bridge, CALLER)
  screen.detail(`the caller's phone hash is ${phoneHash.slice(0, 16)}…`)
  const fact = await bridge.client.admin('POST', `/api/memory/${phoneHash}`, { fact: FACT })
  screen.expect(`added a fact: ${FACT}`, fact.json['total_facts'] === 2)
  const note = await bridge.client.admin('POST', '/api/notes', { note: NOTE })
  screen.expect(`added a note for everybody: ${NOTE}`, note.json['global'] === true)
}

async function secondCall (
  bridge: BridgeProcess, screen: Screen, first: CallStartResponse
): Promise<CallStartResponse> {
  screen.chapter('The same number calls again',
    'Now the prompt has what is known about the caller. New lines since the first call are marked:')
  const response = await startCall(bridge, SECOND_CALL)
  const prompt = promptOf(response)
  screen.prompt(prompt, { showSoul: false, seenBefore: promptOf(first) })
  screen.said('The agent says', firstMessageOf(response))
  screen.expect('greets by name, which the caller said on the first call', firstMessageOf(response).includes('Dana'))
  const isSameSession = response.user_id === first.user_id
  screen.expect('the second call, in the same session', response.dynamic_variables.call_count === '2' && isSameSession)
  const told = [LEARNT, FACT, NOTE, 'parcels with the neighbour']
  screen.expect('tells both facts, the note and the last summary', told.every((text) => prompt.includes(text)))
  return response
}

async function duringTheCall (bridge: BridgeProcess, screen: Screen, call: CallStartResponse): Promise<void> {
  screen.chapter('The agent remembers while Dana is on the line',
    'A scripted agent uses the tools. The token that went out with the call start says who it is.')
  const use = async (tool: string, body: object, token = call.dynamic_variables.secret__caller_token) => {
    screen.detail(`POST /tools/${tool} ${JSON.stringify(body)}`)
    const { status, json } = await bridge.client.callTool(tool, body, token, SECOND_CALL.conversationId)
    const result = String(json['result'] ?? json['message'])
    for (const line of result.split('\n')) screen.detail(`  ${line}`)
    return { status, result }
  }
  screen.said('Dana says', 'Where do my parcels go?')
  const found = await use('recall', { query: 'parcels' })
  screen.expect('recalls it, with when it was said', found.result.includes(`(today) ${LEARNT}`))
  screen.said('Dana says', 'From now on, please ring twice.')
  screen.expect('remembers it at once', (await use('remember', { fact: REMEMBERED })).result === 'It is noted.')
  screen.expect('recalls that, too', (await use('recall', { query: 'ring twice' })).result.includes(REMEMBERED))
  const other = await startCall(bridge, WITHHELD_CALL)
  const refused = await use('recall', { query: 'parcels' }, other.dynamic_variables.secret__caller_token)
  screen.expect('the token of another call is refused with 401', refused.status === 401)
}

async function brokenOffCall (bridge: BridgeProcess, screen: Screen): Promise<void> {
  screen.chapter('The line breaks off, and Dana calls again',
    'ElevenLabs reports a failed call. A call within RESUME_MINUTES (10) goes on with it:')
  await bridge.client.endCall(SECOND_CALL, CUT_OFF)
  const response = await startCall(bridge, RESUMED_CALL)
  const line = promptOf(response).split('\n').find((each) => each.includes('goes on with it')) ?? ''
  screen.said('The prompt says', line)
  screen.said('The agent says', firstMessageOf(response))
  screen.expect('greets as the same conversation going on', firstMessageOf(response).includes('cut off') && line !== '')
  screen.expect('tells what the call was about', promptOf(response).includes(CUT_OFF.summary))
  screen.expect('counts it as a call of its own', response.dynamic_variables.call_count === '3')
  const path = `/api/memory/${await hashOf(bridge, CALLER)}/calls/${SECOND_CALL.conversationId}/told`
  const told = (await bridge.client.admin('GET', path)).json['told'] as Array<{ text: string }>
  screen.expect('and the words that the call before was told can still be read', told.some(({ text }) => text === FACT))
}

/** The bridge must not learn with a language model. */
export async function playWithoutModel (bridge: BridgeProcess, screen: Screen): Promise<void> {
  screen.chapter('Without any language model',
    'Another bridge, with LEARN_FROM_TRANSCRIPT off, learns from ElevenLabs\' own data collection.')
  await startCall(bridge, OTHER_FIRST_CALL)
  const collected = { first_name: 'Otto', delivery_pref: 'at the back door' }
  await bridge.client.endCall(OTHER_FIRST_CALL, { collected })
  const response = await startCall(bridge, OTHER_SECOND_CALL)
  screen.prompt(promptOf(response), { showSoul: false, seenBefore: '' })
  screen.said('The agent says', firstMessageOf(response))
  screen.expect('greets by name', firstMessageOf(response).includes('Otto'))
  screen.expect('tells the collected preference', promptOf(response).includes('Delivery pref: at the back door'))
}

async function withheldCall (bridge: BridgeProcess, screen: Screen): Promise<void> {
  screen.chapter('Somebody withholds their number',
    'caller_id is “anonymous”: the greeting is neutral, and nothing is stored.')
  const response = await startCall(bridge, WITHHELD_CALL)
  screen.said('The agent says', firstMessageOf(response))
  const { caller_name: name, call_count: count } = response.dynamic_variables
  screen.expect('all variables are set, to neutral values', name === 'there' && count === '1')
  screen.expect('tells nothing about Dana', !JSON.stringify(response).includes('Dana'))
  const callers = await bridge.client.admin('GET', '/api/callers')
  screen.expect('there is still one caller record', (callers.json['callers'] as unknown[]).length === 1)
}

async function forgedCallEnd (bridge: BridgeProcess, screen: Screen): Promise<void> {
  screen.chapter('Somebody forges a call end', 'Its body is signed with a wrong secret.')
  const { status, json } = await bridge.client.endCall(SECOND_CALL, {}, 'not-the-secret')
  screen.detail(`${status} ${String(json['message'])}`)
  screen.expect('refused with 401', status === 401)
  const isLogClean = bridge.log.every((line) => !line.includes(CALLER.slice(1)) && !line.includes('Dana'))
  screen.expect('the log has no phone number and nothing that was said', isLogClean)
}

async function hashOf (bridge: BridgeProcess, phone: string): Promise<string> {
  return String((await bridge.client.admin('POST', '/api/callers/lookup', { phone })).json['phone_hash'])
}

/** Waits until Dana's calls are learnt from, for {@link LEARNING_MS} at the most; expectations then fail. */
async function learntRecord (bridge: BridgeProcess): Promise<Record<string, unknown>> {
  const path = `/api/memory/${await hashOf(bridge, CALLER)}`
  const until = performance.now() + LEARNING_MS
  for (;;) {
    const { json } = await bridge.client.admin('GET', path)
    if (json['jobs'] === undefined || performance.now() > until) return json
    await sleep(100)
  }
}

async function startCall (bridge: BridgeProcess, call: PhoneCall): Promise<CallStartResponse> {
  const { json } = await bridge.client.startCall(call)
  return json as CallStartResponse
}
