/** Clients that write through the API, each on its own connection, and record the responses in the ledger. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { PhoneCall } from '../../src/simulate/elevenlabs.ts'
import { hashOf, numberOf } from '../people.ts'
import type { Random } from '../random.ts'
import { connectTo, type ApiResponse, type Api, type NoResponse } from './api.ts'
import type { Attempt, Item, Ledger, Result } from './ledger.ts'
import { token } from './words.ts'

export interface ClientOptions {
  url: string
  count: number
  people: readonly number[]
  ledger: Ledger
  random: Random
  /** Statuses that a write may get, besides 200, 404 and 409. */
  tolerated?: readonly number[]
  /** The bridge is not killed: a connection that breaks after it was accepted is a fault. */
  isOrderly?: boolean
}

/** Shared by all clients, so that no token is used twice. */
let tokens = 0

/** Each client runs until it is stopped or the bridge is gone. */
export function startClients (options: ClientOptions) {
  const state = { isStopped: false, responses: 0, unaccepted: 0 }
  const faults: string[] = []
  const ended = Promise.all(Array.from({ length: options.count }, async () => {
    const api = connectTo(options.url)
    while (!state.isStopped) {
      const sent = await oneWrite(api, options)
      if (sent === null) continue
      if (sent.response.status === null) {
        const { code, isRefused, wasOpen } = sent.response
        if (!isRefused && !wasOpen) state.unaccepted++
        if (options.isOrderly && wasOpen) faults.push(`${sent.what} was accepted and got no response (${code})`)
        break
      }
      state.responses++
      const { status, json } = sent.response
      if (!isExpected(sent, options.tolerated ?? [])) {
        faults.push(`${sent.what} got ${status} ${JSON.stringify(json).slice(0, 200)}`)
      }
    }
    api.close()
  })).then(() => {})
  return {
    ended,
    /** Responses that a client must not get, one sentence each. */
    faults,
    /** Resolves after `count` responses, or after `maxMs`. */
    async reached (count: number, maxMs: number) {
      const until = performance.now() + maxMs
      while (state.responses < count && performance.now() < until) await sleep(1)
    },
    stop: () => { state.isStopped = true },
    responses: () => state.responses,
    /** Requests on new connections that the bridge had not accepted when it ended. */
    unaccepted: () => state.unaccepted
  }
}

interface Sent {
  what: string
  response: ApiResponse | NoResponse
}

/** A call start has to get 200 whatever is broken. */
function isExpected ({ what, response: { status } }: Sent, tolerated: readonly number[]): boolean {
  return status === 200 || (what !== 'a call start' && status !== null && [404, 409, ...tolerated].includes(status))
}

/** Sends something at random; null if there was nothing to delete or repeat. */
async function oneWrite (api: Api, { people, ledger, random }: ClientOptions): Promise<Sent | null> {
  const n = random.pick(people)!
  const owner = hashOf(n)
  const kind = random.below(100)
  if (kind < 35) return await addFact(api, ledger, ledger.item('fact', owner, newText()))
  if (kind < 45) return await addNote(api, ledger, ledger.item('note', owner, newText()))
  if (kind < 48) return await addNote(api, ledger, ledger.item('note', null, newText()))
  if (kind < 51) return await removeGlobalNote(api, ledger, random)
  if (kind < 55) return await removeFact(api, ledger, owner, random)
  if (kind < 70) return await startCall(api, ledger, owner, callWith(n, newText()))
  if (kind < 85) return await endCall(api, ledger, owner, callWith(n, newText()))
  if (kind < 96) return await repeat(api, ledger, n, random)
  return await record(ledger, ledger.erase(owner), 'an erasure', api.admin('DELETE', `/api/memory/${owner}`))
}

async function addFact (api: Api, ledger: Ledger, item: Item): Promise<Sent> {
  const attempt = ledger.store(item)
  return await record(ledger, attempt, 'a fact', api.admin('POST', `/api/memory/${item.owner}`, { fact: item.key }))
}

async function addNote (api: Api, ledger: Ledger, item: Item): Promise<Sent> {
  const attempt = ledger.store(item)
  const body = { note: item.key, phone_hash: item.owner }
  return await record(ledger, attempt, 'a note', api.admin('POST', '/api/notes', body))
}

async function removeFact (api: Api, ledger: Ledger, owner: string, random: Random): Promise<Sent | null> {
  const found = await api.admin('GET', `/api/memory/${owner}`)
  if (found.status !== 200) return null
  const fact = random.pick(found.json['facts'] as Array<{ id: string, text: string }>)
  if (fact === undefined) return null
  const removal = ledger.remove(ledger.item('fact', owner, fact.text))
  const sending = api.admin('DELETE', `/api/memory/${owner}/facts/${fact.id}`)
  return await record(ledger, removal, 'the deletion of a fact', sending)
}

async function removeGlobalNote (api: Api, ledger: Ledger, random: Random): Promise<Sent | null> {
  const found = await api.admin('GET', '/api/notes')
  if (found.status !== 200) return null
  const picked = random.pick(found.json['notes'] as Array<{ id: string, note: string }>)
  if (picked === undefined) return null
  const removal = ledger.remove(ledger.item('note', null, picked.note))
  return await record(ledger, removal, 'the deletion of a note', api.admin('DELETE', `/api/notes/${picked.id}`))
}

async function startCall (api: Api, ledger: Ledger, owner: string, call: PhoneCall): Promise<Sent> {
  const attempt = ledger.store(ledger.item('call', owner, call.conversationId))
  const resultOf = (response: ApiResponse) => isRecorded(response) ? 'recorded' : 'unknown'
  return await record(ledger, attempt, 'a call start', api.callStart(call), resultOf)
}

async function endCall (api: Api, ledger: Ledger, owner: string, call: PhoneCall): Promise<Sent> {
  const { conversationId } = call
  const attempt = ledger.store(ledger.item('call', owner, conversationId), ledger.item('end', owner, conversationId))
  const resultOf = ({ json }: ApiResponse) => json['outcome'] === 'erased' ? 'refused' : 'acknowledged'
  return await record(ledger, attempt, 'a call end', api.callEnd(call), resultOf)
}

/** Sends an earlier request again, as ElevenLabs and operators do. A call end can thus come after an erasure. */
async function repeat (api: Api, ledger: Ledger, n: number, random: Random): Promise<Sent | null> {
  const owner = hashOf(n)
  const item = random.pick(ledger.itemsOf(owner).filter(({ kind }) => kind === 'fact' || kind === 'call'))
  if (item === undefined) return null
  if (item.kind === 'fact') return await addFact(api, ledger, item)
  const call = callWith(n, item.key)
  return random.chance(0.7) ? await endCall(api, ledger, owner, call) : await startCall(api, ledger, owner, call)
}

async function record (
  ledger: Ledger,
  attempt: Attempt,
  what: string,
  sending: Promise<ApiResponse | NoResponse>,
  resultOf: (response: ApiResponse) => Result = () => 'acknowledged'
): Promise<Sent> {
  const response = await sending
  const { status } = response
  if (status === null) ledger.finish(attempt, response.isRefused ? 'refused' : 'unknown')
  else if (status === 200) ledger.finish(attempt, resultOf(response))
  else ledger.finish(attempt, status === 404 || status === 409 ? 'refused' : 'unknown')
  return { what, response }
}

/** A record's session id is random (UUID version 4); a neutral response has one made from the call (version 8). */
function isRecorded ({ json }: ApiResponse): boolean {
  return typeof json['user_id'] === 'string' && json['user_id'][14] === '4'
}

function callWith (n: number, conversationId: string): PhoneCall {
  return { callerId: numberOf(n), conversationId, callSid: `CA-${conversationId}` }
}

function newText (): string {
  return token(++tokens)
}
