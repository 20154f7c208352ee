/** Loads a bridge with calls that use the tools, one large caller among many. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Call, CallerRecord, Fact } from '../../schemas/caller-record.ts'
import { ringBody, type PhoneCall } from '../../src/simulate/elevenlabs.ts'
import { DAY_MS } from '../../src/time.ts'
import { plainFormats } from '../../test/stored.ts'
import { spawnBridge } from '../bridge.ts'
import type { Cleanup } from '../cleanup.ts'
import { recordPath } from '../folder-format.ts'
import { startBare } from '../load/bare.ts'
import { HEADERS, newClient, openLoop, PATH } from '../load/load.ts'
import { recordOf } from '../load/records.ts'
import { CALL_START, type ToolFigures } from '../load/report.ts'
import { generateFiles } from '../load/stores.ts'
import { newCall } from '../people.ts'
import { processorMsOf } from '../process-usage.ts'
import { createRandom, type Random } from '../random.ts'

export type ToolLoad = typeof TOOL_LOAD

export const TOOL_LOAD = {
  callers: 10_000,
  /** Tool requests a second. */
  rate: 50,
  seconds: 60,
  /** Of the large caller. */
  facts: 1000,
  transcripts: 20,
  turns: 120,
  /** One call in so many is the large caller's. */
  'large-every': 20,
  /** Seconds that are reported apart: the bridge compiles its code then. */
  'warm-up': 10,
  seed: 1
}

/** The caller with much to search. */
const LARGE = 0
const TOOLS = ['recall', 'remember', 'correct', 'forget'] as const
/** No multiple of the time between two calls: requests are then due at even intervals, not two at once. */
const STEP_MS = 496
const BARE_SECONDS = 20

/**
 * Each call is a call start, and then every half a second a recall, a remember, a correct and a forget of what was
 * remembered, so that records do not grow. Latency counts from the time when a request was due. Afterwards, bare
 * Fastify is asked as often, which shows what the machine itself is worth at the moment.
 */
export async function measureTools (
  folder: string, load: ToolLoad, cleanup: Cleanup, say: (text: string) => void
): Promise<ToolFigures> {
  const random = createRandom(load.seed)
  const store = await generateFiles(folder, load.callers, cleanup)
  const large = largeRecord(load, random)
  const text = plainFormats.record(large.phone_hash).write(large).join('')
  const path = recordPath(store.dataDir, large.phone_hash)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text, { mode: 0o600 })
  say(`tools: ${load.callers} callers; the large one has ${load.facts} facts, ${load.transcripts} transcripts of ` +
    `${load.turns} turns, ${Math.round(text.length / 1024)} KB`)

  const bridge = spawnBridge({ dataDir: store.dataDir, logFile: join(await cleanup.folder(), 'bridge.log') }, cleanup)
  const url = await bridge.ready()
  const client = newClient(url)
  const bare = await startBare({ url, callers: load.callers, seconds: load.seconds, random }, cleanup)
  const callsPerSecond = load.rate / TOOLS.length
  const total = Math.round(callsPerSecond * load.seconds)
  const warmUpMs = load['warm-up'] * 1000
  const processorMsBefore = await processorMsOf(bridge.pid)
  const startAt = performance.now() + 100
  const requests = new Map<string, { latencies: number[], failed: number }>()
  const warmUp: number[] = []
  await Promise.all(Array.from({ length: total }, async (_, n) => {
    const isLarge = n % load['large-every'] === 0
    const call = newCall(isLarge ? LARGE : 1 + random.below(load.callers - 1), random)
    await playCall(call, random.hex(6), startAt + n * 1000 / callsPerSecond, isLarge ? 'large' : 'others')
  }))
  client.close()
  const processorMs = (await processorMsOf(bridge.pid) - processorMsBefore) / (total * (TOOLS.length + 1))
  const bareLoad = { url: bare.url, callers: load.callers, seconds: BARE_SECONDS, random }
  return { requests, warmUp, bare: await openLoop(bareLoad, load.rate, () => {}), processorMs }

  async function playCall (call: PhoneCall, word: string, dueAt: number, group: string): Promise<void> {
    const started = await send(PATH, HEADERS, ringBody(call), dueAt, `${CALL_START}, ${group}`)
    const { secret__caller_token: token = '' } = (started?.['dynamic_variables'] ?? {}) as Record<string, string>
    const bodies = {
      recall: { query: 'the spare key for the children' },
      remember: { fact: `Keeps the word ${word} handy` },
      correct: { what: word, fact: `Keeps the word ${word} and a pen handy` },
      forget: { what: word }
    }
    const headers = {
      'content-type': 'application/json', 'x-caller-token': token, 'x-conversation-id': call.conversationId
    }
    for (const [n, tool] of TOOLS.entries()) {
      await send(`/tools/${tool}`, headers, bodies[tool], dueAt + (n + 1) * STEP_MS, `${tool}, ${group}`)
    }
  }

  async function send (
    path: string, headers: Record<string, string>, body: object, dueAt: number, name: string
  ): Promise<Record<string, unknown> | null> {
    await sleep(Math.max(0, dueAt - performance.now()))
    const response = await client.post(path, headers, JSON.stringify(body))
    const json = response === null ? null : JSON.parse(response.text) as Record<string, unknown>
    const ms = performance.now() - dueAt
    const isWarm = dueAt >= startAt + warmUpMs
    const measured = requests.get(name) ?? { latencies: [], failed: 0 }
    if (isWarm) measured.latencies.push(ms)
    else if (!name.startsWith(CALL_START)) warmUp.push(ms)
    const isRefused = /cannot be reached|nothing can be kept|Do you mean/.test(String(json?.['result']))
    if (response?.status !== 200 || isRefused) measured.failed++
    requests.set(name, measured)
    return json
  }
}

function largeRecord ({ facts: factCount, transcripts, turns }: ToolLoad, random: Random): CallerRecord {
  const record = recordOf(LARGE, new Date())
  const facts = Array.from({ length: factCount }, (_, n): Fact => ({
    ...record.facts[n % record.facts.length]!,
    id: `fact-${n}`,
    source: 'call',
    pinned: false,
    text: `${record.facts[n % record.facts.length]!.text}, case ${n}`
  }))
  const calls = Array.from({ length: transcripts }, (_, n): Call => ({
    ...record.calls[n % record.calls.length]!,
    number: n + 1,
    conversation_id: `conv_large_${n}`,
    call_sid: null,
    started_at: new Date(Date.now() - (transcripts - n) * DAY_MS).toISOString(),
    transcript: Array.from({ length: turns }, (_, turn) => ({
      number: turn + 1,
      role: turn % 2 === 0 ? 'agent' as const : 'user' as const,
      text: `${facts[(n * 7 + turn) % facts.length]!.text} ${random.hex(4)}`
    }))
  }))
  return { ...record, facts, calls, call_count: calls.length }
}
