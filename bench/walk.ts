/**
 * How much of our code a request passes through: files, functions and calls, counted by V8, writes included. The app
 * runs in this process on the file driver, without worker threads, which V8 would not count. The caller has a few facts
 * and a few calls.
 *
 * Run it with `npm run build:all && node dist/bench/walk.js`; `--files` lists the functions by file.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { Session, type Profiler } from 'node:inspector/promises'
import { join, relative, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { buildApp } from '../src/app.ts'
import { postCallBody, ringBody, signatureHeader } from '../src/simulate/elevenlabs.ts'
import { createDisk } from '../src/store/file/disk.ts'
import { doDiskWork } from '../src/store/file/disk-work.ts'
import { ADMIN_KEY, bridgeEnv, WEBHOOK_SECRET } from './bridge.ts'
import { withCleanup } from './cleanup.ts'
import { table } from './load/report.ts'
import { hashOf, newCall } from './people.ts'
import { createRandom } from './random.ts'

const SOURCES = ['src', 'plugins', 'routes', 'schemas']

const GOAL = 'The goal for a call start: 30 files and 100 functions at most.'

/** So that nothing is counted that happens once. */
const WARM_UPS = 30
/** The least of these counts: something in the background may fall into one of them. */
const TRIES = 4
/** Longer than anything read is taken for current. */
const FORGOTTEN_MS = 1500

const FACTS = 3

/** Calls by function, by file. */
type Walk = Map<string, Map<string, number>>

await withCleanup(async (cleanup) => {
  const folder = await cleanup.folder()
  const dataDir = join(folder, 'data')
  const app = await buildApp({
    env: bridgeEnv(dataDir),
    disk: createDisk(doDiskWork),
    logOutput: { write: () => {} }
  })
  cleanup.defer(() => app.close())
  const random = createRandom(1)
  let caller = 1
  let last = newCall(caller, random)
  let facts = 0

  async function post (url: string, headers: Record<string, string>, payload: string): Promise<void> {
    const { statusCode, body } = await app.inject({
      method: 'POST', url, headers: { 'content-type': 'application/json', ...headers }, payload
    })
    if (statusCode !== 200) throw new Error(`${url}: ${body}`)
  }

  const startCall = async () => {
    last = newCall(caller, random)
    await post('/webhook/personalize', { 'x-webhook-secret': WEBHOOK_SECRET }, JSON.stringify(ringBody(last)))
  }
  /** A call start is written after its response, into the journal. */
  const untilWritten = async () => {
    const rings = join(dataDir, 'rings')
    const isWritten = () => existsSync(rings) &&
      readdirSync(rings).some((name) => readFileSync(join(rings, name), 'utf8').includes(last.conversationId))
    while (!isWritten()) await sleep(1)
  }
  const endCall = async () => {
    const body = postCallBody(last)
    await post('/webhook/post-call', { 'elevenlabs-signature': signatureHeader(body, WEBHOOK_SECRET) }, body)
  }
  const addFact = async () => {
    const body = JSON.stringify({ fact: `Has asked for order ${++facts}` })
    await post(`/api/memory/${hashOf(caller)}`, { authorization: `Bearer ${ADMIN_KEY}` }, body)
  }

  for (const step of [startCall, endCall, addFact]) {
    for (let n = 0; n < WARM_UPS; n++) await step()
  }
  caller++
  for (let n = 0; n < FACTS; n++) await addFact()
  await sleep(FORGOTTEN_MS)
  const walks = {
    'call start, the caller was just seen': await leastOf(startCall, async () => {
      await startCall()
      await untilWritten()
    }, untilWritten),
    'call start, not seen for a while': await leastOf(startCall, () => sleep(FORGOTTEN_MS), untilWritten),
    'signed call end, no model': await leastOf(endCall, async () => {
      await startCall()
      await untilWritten()
    }),
    'POST /api/memory/{phone_hash}': await leastOf(addFact, addFact)
  }
  console.log(table(['request', 'files', 'functions', 'calls'], Object.entries(walks).map(([name, walk]) =>
    [name, walk.size, functionsIn(walk), sum([...walk.values()].map((calls) => sum([...calls.values()])))])))
  console.log(`\n${GOAL} In worker threads, two more files are passed: thread.ts and disk-thread.ts.\n`)
  if (process.argv.includes('--files')) for (const [name, walk] of Object.entries(walks)) list(name, walk)
})
console.log(table(['sources', 'files', 'lines', 'exported names', 'types and interfaces'], sourceCounts()))

async function leastOf (
  step: () => Promise<void>, before: () => Promise<void>, after: () => Promise<void> = async () => {}
): Promise<Walk> {
  const walks: Walk[] = []
  for (let n = 0; n < TRIES; n++) {
    await before()
    walks.push(await walkOf(async () => {
      await step()
      await after()
    }))
  }
  return walks.reduce((least, walk) => functionsIn(walk) < functionsIn(least) ? walk : least)
}

async function walkOf (work: () => Promise<void>): Promise<Walk> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  await work()
  const { result } = await session.post('Profiler.takePreciseCoverage')
  session.disconnect()
  const walk: Walk = new Map()
  for (const { url, functions } of result) {
    const file = url.startsWith('file:') ? relative(resolve('dist'), fileURLToPath(url)).replace(/js$/, 'ts') : ''
    const entered = functions.filter(({ ranges }) => ranges[0]!.count > 0)
    const isOurs = SOURCES.includes(file.split('/')[0]!) && !/^src\/(demo|simulate)\//.test(file)
    if (isOurs && entered.length > 0) walk.set(file, callsOf(entered))
  }
  return walk
}

function callsOf (functions: Profiler.FunctionCoverage[]): Map<string, number> {
  return new Map(functions.map(({ functionName, ranges: [range] }) =>
    [`${functionName || '(without a name)'} at ${range!.startOffset}`, range!.count]))
}

function functionsIn (walk: Walk): number {
  return sum([...walk.values()].map(({ size }) => size))
}

function list (name: string, walk: Walk): void {
  console.log(`${name}:`)
  for (const [file, calls] of [...walk].sort()) {
    console.log(`  ${file}`)
    for (const [each, count] of calls) console.log(`    ${each.replace(/ at \d+$/, '')}${count > 1 ? ` × ${count}` : ''}`)
  }
  console.log()
}

/** Counts what is written, by form: the house style has one declaration a line. */
function sourceCounts (): Array<Array<string | number>> {
  const rows = SOURCES.map((folder) => {
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
    const texts = names.map((name) => readFileSync(join(folder, name), 'utf8'))
    const count = (pattern: RegExp) => sum(texts.map((text) => text.match(pattern)?.length ?? 0))
    return [
      names.length,
      count(/\n/g),
      count(/^export (default |async function|function|const|class|interface|type) ?/gm),
      count(/^ *(export )?(interface \w+|type \w+[^,\n]*=)/gm)
    ]
  })
  const total = rows[0]!.map((_, column) => sum(rows.map((row) => row[column]!)))
  return [...rows.map((row, n) => [SOURCES[n]!, ...row]), ['total', ...total]]
}

function sum (numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
