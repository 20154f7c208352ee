/** Plays one call against a running bridge, and shows what ElevenLabs would get and what the bridge learns. */
import { randomUUID } from 'node:crypto'
import { fieldsOf, isFields, listIn, textOf, type Fields } from '../json.ts'
import { TOKEN_VARIABLE } from '../prompt/soul.ts'
import { SIMULATED_CALL } from '../status/call-watch.ts'
import type { BridgeClient, BridgeResponse } from './bridge-client.ts'
import { nowSeconds, type PhoneCall, type SpokenTurn, type ToolTurn } from './elevenlabs.ts'
import { firstMessageOf, promptOf, type Screen } from './screen.ts'
import type { Script, ToolCall } from './script.ts'

/**
 * Reserved for fiction, so nobody has it.
 *
 * @see https://nationalnanpa.com/number_resource_info/555_numbers.html 555-0100 to 555-0199
 */
export const FICTIONAL_NUMBER = '+12025550187'

export interface SimulationOptions {
  /** Null for a withheld number. */
  from: string | null
  to: string | null
  agentId: string
  script: Script
  /** Whether the caller stays, also if they were unknown before. */
  keeps: boolean
}

export interface SimulationParts {
  bridge: BridgeClient
  screen: Screen
  /** Between looks at what was learnt. Rejects when it is aborted. */
  wait: () => Promise<unknown>
  /** How often to look. */
  looks: number
}

/** Between looks, in milliseconds. */
export const LOOK_MS = 250

/** Resolves to whether everything worked. Erases the caller also when it is interrupted. */
export async function simulateCall (parts: SimulationParts, options: SimulationOptions): Promise<boolean> {
  const { bridge, screen } = parts
  const { from } = options
  if (from === null) {
    await playCall(parts, options, null)
    return screen.failures() === 0
  }
  const found = await bridge.admin('POST', '/api/callers/lookup', { phone: from })
  const phoneHash = textOf(found.json, 'phone_hash')
  if (!worked(screen, 'The bridge looks the number up', found) || phoneHash === null) return false
  if (found.json['own_number'] === true) {
    screen.expect('The number is a caller\'s, not one of your own (OWN_NUMBERS)', false)
    return false
  }
  const isErased = !options.keeps && (found.json['known'] !== true || from === FICTIONAL_NUMBER)
  try {
    await playCall(parts, options, phoneHash)
  } finally {
    await tidyUp(parts, phoneHash, isErased)
  }
  return screen.failures() === 0
}

async function playCall (
  parts: SimulationParts, { from, to, agentId, script }: SimulationOptions, phoneHash: string | null
): Promise<void> {
  const { bridge, screen } = parts
  const id = randomUUID()
  const call: PhoneCall = {
    callerId: from ?? 'anonymous',
    conversationId: SIMULATED_CALL + id,
    callSid: `CA${id.replaceAll('-', '')}`,
    agentId,
    calledNumber: to
  }
  const before = phoneHash === null ? {} : (await bridge.admin('GET', `/api/memory/${phoneHash}`)).json

  screen.chapter('The call starts', `ElevenLabs asks who is calling: ${from ?? 'a withheld number'}.`)
  const startedAtSeconds = nowSeconds()
  const start = await bridge.startCall(call)
  if (!worked(screen, 'The bridge responds', start)) return
  showStart(screen, start.json)

  const turns: Array<SpokenTurn | ToolTurn> = []
  for (const turn of script.turns) turns.push('tool' in turn ? await callTool(parts, turn, call, start.json) : turn)

  screen.chapter('The call ends', 'ElevenLabs reports what was said, signed.')
  for (const turn of turns) {
    if (!('tool' in turn)) screen.said(turn.role === 'agent' ? 'Agent' : 'Caller', turn.message)
  }
  const { summary, collected } = script
  const report = { startedAtSeconds, turns, summary, title: 'Simulated call', collected }
  const end = await bridge.endCall(call, report)
  const outcome = textOf(end.json, 'outcome')
  if (!worked(screen, `The bridge takes it: ${outcome ?? 'no outcome'}`, end)) return
  if (phoneHash === null || (outcome !== 'closed' && outcome !== 'added')) {
    screen.detail(`Nothing is kept of it: ${OUTCOMES[outcome ?? ''] ?? outcome}.`)
    // Another agent's calls and opt-outs are nobody's mistake; the rest should not happen to a caller with a number.
    const isExpected = phoneHash === null || outcome === 'foreign-agent' || outcome === 'opted-out'
    screen.expect('That was to be expected', isExpected)
    return
  }
  screen.expect('The call start was recorded, too', outcome === 'closed')
  await showLearnt(parts, phoneHash, call.conversationId, before)
}

const OUTCOMES: Record<string, string> = {
  'no-number': 'the caller has no phone number',
  'foreign-agent': 'the agent is not in ELEVENLABS_AGENT_ID',
  'opted-out': 'the caller opted out',
  'no-ring': 'the number is not proven',
  erased: 'the caller was erased meanwhile'
}

function showStart (screen: Screen, response: Fields): void {
  screen.expect('It has the type that ElevenLabs wants', response['type'] === 'conversation_initiation_client_data')
  screen.heading('Variables')
  for (const [name, value] of Object.entries(fieldsOf(response, 'dynamic_variables'))) {
    screen.value(name, name.startsWith('secret__') ? '(secret)' : String(value))
  }
  if (!isFields(response['conversation_config_override'])) {
    screen.detail('No override: the agent keeps its own prompt and greeting.')
    return
  }
  const prompt = promptOf(response)
  const greeting = firstMessageOf(response)
  if (greeting !== '') {
    screen.heading('First message')
    screen.said('Agent', greeting)
  }
  if (prompt !== '') {
    screen.heading('Prompt')
    screen.prompt(prompt, { showSoul: true, seenBefore: '' })
  }
}

async function callTool (
  { bridge, screen }: SimulationParts, { tool, body }: ToolCall, call: PhoneCall, start: Fields
): Promise<ToolTurn> {
  screen.chapter(`The agent calls the tool ${tool}`, JSON.stringify(body))
  const token = textOf(fieldsOf(start, 'dynamic_variables'), TOKEN_VARIABLE, 10_000)
  if (token === null) {
    screen.expect(`The call start has a token for tools (${TOKEN_VARIABLE})`, false)
    return { tool, body, result: '', isError: true }
  }
  const response = await bridge.callTool(tool, body, token, call.conversationId)
  const isError = !worked(screen, 'The bridge responds', response)
  const result = textOf(response.json, 'result', 5000) ?? ''
  if (!isError) screen.said('To speak from', result.replace(/\s*\n\s*/g, ' '))
  return { tool, body, result, isError }
}

async function showLearnt (
  parts: SimulationParts, phoneHash: string, conversationId: string, before: Fields
): Promise<void> {
  const { bridge, screen, wait, looks } = parts
  const began = performance.now()
  let record: BridgeResponse
  for (let look = 1; ; look++) {
    record = await bridge.admin('GET', `/api/memory/${phoneHash}`)
    if (!isWaiting(record.json) || look >= looks) break
    await wait()
  }
  screen.chapter('What the bridge has learnt', `Ready after ${Math.round(performance.now() - began)} ms.`)
  if (!worked(screen, 'The bridge shows the caller\'s record', record)) return
  screen.expect('Nothing is left to be learnt', listOf(record.json, 'jobs').length === 0)
  const call = listOf(record.json, 'calls').find((each) => each['conversation_id'] === conversationId) ?? {}
  screen.value('summary', textOf(call, 'summary', 5000) ?? '(none)')
  screen.value('name', textOf(record.json, 'caller_name') ?? '(not known)')
  const known = new Set(listOf(before, 'facts').map((fact) => fact['id']))
  const facts = listOf(record.json, 'facts').filter((fact) => !known.has(fact['id']))
  for (const fact of facts) screen.value('fact', `${textOf(fact, 'text', 1000)} (${textOf(fact, 'source')})`)
  for (const item of listOf(record.json, 'open_items')) screen.value('open item', textOf(item, 'text', 1000) ?? '')
  if (facts.length === 0) screen.detail('No new fact.')
}

async function tidyUp ({ bridge, screen }: SimulationParts, phoneHash: string, isErased: boolean): Promise<void> {
  screen.chapter('Afterwards', isErased ? 'The caller is erased again.' : 'The caller is kept.')
  if (!isErased) {
    screen.detail(`Their phone hash is ${phoneHash}. The simulated call stays in their record.`)
    return
  }
  // With a signal of its own: after Ctrl+C, too.
  const erased = await bridge.admin('DELETE', `/api/memory/${phoneHash}`, undefined, new AbortController().signal)
  worked(screen, 'The bridge erases them', erased)
}

function isWaiting (record: Fields): boolean {
  return listOf(record, 'jobs').some((job) => job['state'] === 'waiting')
}

function listOf (from: Fields, name: string): Fields[] {
  return listIn(from, name) ?? []
}

/** Whether the response is a 200; otherwise says why not. */
function worked (screen: Screen, what: string, { status, json, ms }: BridgeResponse): boolean {
  screen.expect(`${what} (${ms} ms)`, status === 200)
  if (status !== 200) screen.detail(`${status === 0 ? 'No response' : status}: ${textOf(json, 'message', 500) ?? ''}`)
  return status === 200
}
