/** Clients that write through the API, each on a connection of its own, and note in the ledger what they were told. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { DemoCall } from '../../src/demo/elevenlabs.ts'
import { hashOf, numberOf } from '../people.ts'
import type { Random } from '../random.ts'
import { connectTo, type Answer, type Api, type NoAnswer } from './api.ts'
import type { Attempt, Item, Ledger, Result } from './ledger.ts'
import { token } from './words.ts'

export interface Clients {
  /** Resolves when all of them have ended. */
  ended: Promise<void>
  /** Resolves when so many requests got an answer, or after so many milliseconds. */
  reached (answers: number, maxMs: number): Promise<void>
  /** Lets each finish its request, and ends. */
  stop (): void
  /** What no client may be told, one sentence each. */
  faults: string[]
  /** Requests that got an answer. */
  answered (): number
  /** Requests on a new connection that the bridge had not accepted yet when it went. */
  unaccepted (): number
}

export interface ClientOptions {
  url: string
  count: number
  /** Callers to write about. */
  people: readonly number[]
  ledger: Ledger
  random: Random
  /** Statuses that a write may be answered with beside 200, 404 and 409. */
  tolerated?: readonly number[]
  /** Whether each connection that broke has to be explained: the process is not killed. */
  isOrderly?: boolean
}

/** Tokens are never used twice, whichever client takes them. */
let tokens = 0

/** Starts them; each goes on until it is stopped or the bridge is gone. */
export function startClients (options: ClientOptions): Clients {
  const state = { isStopped: false, answered: 0, unaccepted: 0 }
  const faults: string[] = []
  const ended = Promise.all(Array.from({ length: options.count }, async () => {
    const api = connectTo(options.url)
    while (!state.isStopped) {
      const sent = await oneWrite(api, options)
      if (sent === null) continue
      if (sent.answer.status === null) {
        const { code, isRefused, wasOpen } = sent.answer
        if (!isRefused && !wasOpen) state.unaccepted++
        if (options.isOrderly && wasOpen) faults.push(`${sent.what} was accepted and not answered (${code})`)
        break
      }
      state.answered++
      if (!isExpected(sent, options.tolerated ?? [])) faults.push(`${sent.what} was answered ${sent.answer.status} ${JSON.stringify(sent.answer.json).slice(0, 200)}`)
    }
    api.close()
  })).then(() => {})
  return {
    ended,
    faults,
    async reached (answers, maxMs) {
      for (const until = performance.now() + maxMs; state.answered < answers && performance.now() < until;) await sleep(1)
    },
    stop: () => { state.isStopped = true },
    answered: () => state.answered,
    unaccepted: () => state.unaccepted
  }
}

interface Sent {
  what: string
  answer: Answer | NoAnswer
}

/** A ring is answered 200, whatever is broken. */
function isExpected ({ what, answer: { status } }: Sent, tolerated: readonly number[]): boolean {
  return status === 200 || (what !== 'a ring' && status !== null && [404, 409, ...tolerated].includes(status))
}

/** Sends something at random; null when there was nothing to do. */
async function oneWrite (api: Api, { people, ledger, random }: ClientOptions): Promise<Sent | null> {
  const n = random.pick(people)!
  const owner = hashOf(n)
  const kind = random.below(100)
  if (kind < 35) return await addFact(api, ledger, ledger.item('fact', owner, newText()))
  if (kind < 45) return await addNote(api, ledger, ledger.item('note', owner, newText()))
  if (kind < 48) return await addNote(api, ledger, ledger.item('note', null, newText()))
  if (kind < 51) return await removeGlobalNote(api, ledger, random)
  if (kind < 55) return await removeFact(api, ledger, owner, random)
  if (kind < 70) return await ring(api, ledger, owner, callWith(n, newText()))
  if (kind < 85) return await report(api, ledger, owner, callWith(n, newText()))
  if (kind < 96) return await again(api, ledger, n, random)
  return await note(ledger, ledger.erase(owner), 'an erasure', api.admin('DELETE', `/api/memory/${owner}`))
}

async function addFact (api: Api, ledger: Ledger, item: Item): Promise<Sent> {
  return await note(ledger, ledger.store(item), 'a fact', api.admin('POST', `/api/memory/${item.owner}`, { fact: item.key }))
}

async function addNote (api: Api, ledger: Ledger, item: Item): Promise<Sent> {
  return await note(ledger, ledger.store(item), 'a note', api.admin('POST', '/api/notes', { note: item.key, phone_hash: item.owner }))
}

async function removeFact (api: Api, ledger: Ledger, owner: string, random: Random): Promise<Sent | null> {
  const found = await api.admin('GET', `/api/memory/${owner}`)
  if (found.status !== 200) return null
  const fact = random.pick(found.json['facts'] as Array<{ id: string, text: string }>)
  if (fact === undefined) return null
  const removal = ledger.remove(ledger.item('fact', owner, fact.text))
  return await note(ledger, removal, 'the deletion of a fact', api.admin('DELETE', `/api/memory/${owner}/facts/${fact.id}`))
}

async function removeGlobalNote (api: Api, ledger: Ledger, random: Random): Promise<Sent | null> {
  const found = await api.admin('GET', '/api/notes')
  if (found.status !== 200) return null
  const picked = random.pick(found.json['notes'] as Array<{ id: string, note: string }>)
  if (picked === undefined) return null
  const removal = ledger.remove(ledger.item('note', null, picked.note))
  return await note(ledger, removal, 'the deletion of a note', api.admin('DELETE', `/api/notes/${picked.id}`))
}

async function ring (api: Api, ledger: Ledger, owner: string, call: DemoCall): Promise<Sent> {
  const attempt = ledger.store(ledger.item('call', owner, call.conversationId))
  return await note(ledger, attempt, 'a ring', api.ring(call), (answer) => isRecorded(answer) ? 'answered' : 'unknown')
}

async function report (api: Api, ledger: Ledger, owner: string, call: DemoCall): Promise<Sent> {
  const attempt = ledger.store(ledger.item('call', owner, call.conversationId), ledger.item('end', owner, call.conversationId))
  return await note(ledger, attempt, 'a post-call', api.postCall(call), ({ json }) => json['outcome'] === 'erased' ? 'refused' : 'acknowledged')
}

/** What came before, once more: ElevenLabs redelivers, operators press twice. A call that was erased may be reported late. */
async function again (api: Api, ledger: Ledger, n: number, random: Random): Promise<Sent | null> {
  const owner = hashOf(n)
  const item = random.pick(ledger.itemsOf(owner).filter(({ kind }) => kind === 'fact' || kind === 'call'))
  if (item === undefined) return null
  if (item.kind === 'fact') return await addFact(api, ledger, item)
  const call = callWith(n, item.key)
  return random.chance(0.7) ? await report(api, ledger, owner, call) : await ring(api, ledger, owner, call)
}

/** Waits for the answer and writes into the ledger what it promises. */
async function note (
  ledger: Ledger, attempt: Attempt, what: string, sending: Promise<Answer | NoAnswer>, resultOf: (answer: Answer) => Result = () => 'acknowledged'
): Promise<Sent> {
  const answer = await sending
  ledger.finish(attempt, answer.status === null
    ? answer.isRefused ? 'refused' : 'unknown'
    : answer.status === 200 ? resultOf(answer) : answer.status === 404 || answer.status === 409 ? 'refused' : 'unknown')
  return { what, answer }
}

/** A record's session id is random (UUID version 4), that of a neutral answer is made from the call (version 8). */
function isRecorded ({ json }: Answer): boolean {
  return typeof json['user_id'] === 'string' && json['user_id'][14] === '4'
}

function callWith (n: number, conversationId: string): DemoCall {
  return { callerId: numberOf(n), conversationId, callSid: `CA-${conversationId}` }
}

function newText (): string {
  return token(++tokens)
}
