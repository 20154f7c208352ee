/**
 * `npm run bench:tools`: how long the tools take, at a fixed rate of requests, with one large caller among many.
 *
 * Each call is a call start, and then every half a second a recall, a remember, a correct and a forget of what was
 * remembered, so that records do not grow. Latency counts from the time when a request was due.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Call, CallerRecord, Fact } from '../../schemas/caller-record.ts'
import { ringBody, type PhoneCall } from '../../src/simulate/elevenlabs.ts'
import { createFormats } from '../../src/store/formats.ts'
import { checks } from '../../test/stored.ts'
import { spawnBridge } from '../bridge.ts'
import { withCleanup } from '../cleanup.ts'
import { recordPath } from '../folder-format.ts'
import { HEADERS, PATH } from '../load/load.ts'
import { recordOf } from '../load/records.ts'
import { percentile } from '../load/report.ts'
import { generateFiles } from '../load/stores.ts'
import { newCall } from '../people.ts'
import { createRandom } from '../random.ts'

const { values } = parseArgs({
  options: {
    callers: { type: 'string', default: '10000' },
    rate: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '60' },
    facts: { type: 'string', default: '1000' },
    transcripts: { type: 'string', default: '20' },
    turns: { type: 'string', default: '120' },
    'large-every': { type: 'string', default: '20' },
    'warm-up': { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' }
  }
})
const number = (name: keyof typeof values) => Number(values[name])
const random = createRandom(number('seed'))

/** The caller with much to search. */
const LARGE = 0
const TOOLS = ['recall', 'remember', 'correct', 'forget'] as const
const STEP_MS = 500

type Group = 'others' | 'large'
const latencies = new Map<string, number[]>()
/** Of tools in the first seconds, in which the bridge compiles its code and loads the callers' language. */
const warmUp: number[] = []
let warmAt = 0
const failures = new Map<string, number>()

await withCleanup(async (cleanup) => {
  const folder = await cleanup.folder()
  const store = await generateFiles(folder, number('callers'), cleanup)
  const large = largeRecord()
  const text = createFormats(checks, null).record(large.phone_hash).write(large)
  const path = recordPath(store.dataDir, large.phone_hash)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text, { mode: 0o600 })
  print(`${values.callers} callers; the large one has ${large.facts.length} facts, ${values.transcripts} transcripts ` +
    `of ${values.turns} turns, ${Math.round(text.length / 1024)} KB`)

  const bridge = spawnBridge({ dataDir: store.dataDir, logFile: join(folder, 'log') }, cleanup)
  const url = await bridge.ready()
  const callsPerSecond = number('rate') / TOOLS.length
  const total = Math.round(callsPerSecond * number('seconds'))
  const startAt = performance.now() + 100
  warmAt = startAt + number('warm-up') * 1000
  await Promise.all(Array.from({ length: total }, async (_, n) => {
    const isLarge = n % number('large-every') === 0
    const caller = isLarge ? LARGE : 1 + random.below(number('callers') - 1)
    const call = newCall(caller, random)
    await playCall(url, call, random.hex(6), startAt + n * 1000 / callsPerSecond, isLarge ? 'large' : 'others')
  }))
  report()
})

async function playCall (url: string, call: PhoneCall, word: string, dueAt: number, group: Group): Promise<void> {
  const started = await send(`${url}${PATH}`, HEADERS, ringBody(call), dueAt, `call start, ${group}`)
  const { secret__caller_token: token = '' } = (started?.['dynamic_variables'] ?? {}) as Record<string, string>
  const bodies = {
    recall: { query: 'the spare key for the children' },
    remember: { fact: `Keeps the word ${word} handy` },
    correct: { what: word, fact: `Keeps the word ${word} and a pen handy` },
    forget: { what: word }
  }
  for (const [n, tool] of TOOLS.entries()) {
    const headers = {
      'content-type': 'application/json', 'x-caller-token': token, 'x-conversation-id': call.conversationId
    }
    await send(`${url}/tools/${tool}`, headers, bodies[tool], dueAt + (n + 1) * STEP_MS, `${tool}, ${group}`)
  }
}

async function send (
  url: string, headers: Record<string, string>, body: object, dueAt: number, name: string
): Promise<Record<string, unknown> | null> {
  await sleep(Math.max(0, dueAt - performance.now()))
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) }).catch(() => null)
  const json = response === null ? null : await response.json() as Record<string, unknown>
  if (dueAt >= warmAt) latencies.set(name, [...latencies.get(name) ?? [], performance.now() - dueAt])
  else if (!name.startsWith('call start')) warmUp.push(performance.now() - dueAt)
  const isRefused = /cannot be reached|nothing can be kept|Do you mean/.test(String(json?.['result']))
  const isGood = response?.status === 200 && !isRefused
  if (!isGood) failures.set(name, (failures.get(name) ?? 0) + 1)
  return json
}

function largeRecord (): CallerRecord {
  const record = recordOf(LARGE, new Date())
  const facts = Array.from({ length: number('facts') }, (_, n): Fact => ({
    ...record.facts[n % record.facts.length]!,
    id: `fact-${n}`,
    source: 'call',
    pinned: false,
    text: `${record.facts[n % record.facts.length]!.text}, case ${n}`
  }))
  const calls = Array.from({ length: number('transcripts') }, (_, n): Call => ({
    ...record.calls[n % record.calls.length]!,
    number: n + 1,
    conversation_id: `conv_large_${n}`,
    call_sid: null,
    started_at: new Date(Date.now() - (number('transcripts') - n) * 86_400_000).toISOString(),
    transcript: Array.from({ length: number('turns') }, (_, turn) => ({
      number: turn + 1,
      role: turn % 2 === 0 ? 'agent' as const : 'user' as const,
      text: `${facts[(n * 7 + turn) % facts.length]!.text} ${random.hex(4)}`
    }))
  }))
  return { ...record, facts, calls, call_count: calls.length }
}

function report (): void {
  print('\n| request | sent | p50 ms | p99 ms | max ms | failed |\n|---|---|---|---|---|---|')
  for (const [name, all] of [...latencies].sort()) {
    const figures = [percentile(all, 0.5), percentile(all, 0.99), percentile(all, 1)].map((ms) => ms.toFixed(1))
    print(`| ${name} | ${all.length} | ${figures.join(' | ')} | ${failures.get(name) ?? 0} |`)
  }
  const tools = [...latencies].filter(([name]) => !name.startsWith('call start')).flatMap(([, all]) => all)
  const first = `the first ${values['warm-up']} s, not counted above`
  for (const [name, all] of [['all tools', tools], [first, warmUp]] as const) {
    const figures = [percentile(all, 0.5), percentile(all, 0.99), percentile(all, 1)].map((ms) => ms.toFixed(1))
    print(`| **${name}** | ${all.length} | ${figures.join(' | ')} | |`)
  }
}

function print (line: string): void {
  process.stdout.write(`${line}\n`)
}
