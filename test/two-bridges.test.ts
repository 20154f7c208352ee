/** Two processes on one database: the driver alone, and bridges as `npm run build` makes them. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { CallerRecord } from '../schemas/caller-record.ts'
import { DANA_HASH, sign, transcription, withoutToken } from './fixtures/webhooks.ts'
import { ADMIN_KEY, AGENT, testEnv, WEBHOOK_SECRET } from './helper.ts'
import { ENV, killAfter, NODE } from './processes.ts'
import { postgresPlace, sharedPostgres } from './postgres.ts'
import { startModel } from './scripted-model.ts'
import { factsOf } from './stored.ts'

const server = await sharedPostgres()

const TOKEN_KEY = randomBytes(32).toString('base64')

/** Starts the built server; resolves to its address. */
async function startBridge (t: Test, env: Record<string, string | undefined>): Promise<string> {
  const child = spawn(ENV, [...NODE, resolve('dist/src/server.js')], { cwd: t.testdirName, env: env as NodeJS.ProcessEnv, stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGTERM')
    await exited
  })
  const output: string[] = []
  return await new Promise((resolve, reject) => {
    exited.then(() => reject(new Error(output.join('\n'))), reject)
    createInterface(child.stdout).on('line', (line) => {
      output.push(line)
      const url = /listening on (http:[^"]+)/.exec(line)?.[1]
      if (url !== undefined) resolve(url)
    })
  })
}

/** Starts a process that is ready to write; the function that it resolves to lets it, and gives its totals. */
async function startWriter (t: Test, args: string[]): Promise<() => Promise<number[]>> {
  const child = spawn(ENV, [...NODE, 'dist/test/src/store/postgres/writer.js', ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  void killAfter(t, child)
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  t.equal((await lines.next()).value, 'ready')
  return async () => {
    child.stdin.write('go\n')
    return JSON.parse((await lines.next()).value ?? '[]') as number[]
  }
}

async function twoBridges (t: Test, more: Record<string, string> = {}): Promise<[string, string]> {
  const env = testEnv(t, { DATABASE_URL: await server.newDatabase(), PERSONALIZE_TIMEOUT_MS: '10000', CALLER_TOKEN_KEY: TOKEN_KEY, ...more })
  return await Promise.all([startBridge(t, env), startBridge(t, env)])
}

async function post (url: string, headers: Record<string, string>, body: object) {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
  return { status: response.status, body: await response.json() as Record<string, any> }
}

t.test('of 1,000 updates of one caller at once, from two processes, none is lost', async (t) => {
  const url = await server.newDatabase()
  const writers = await Promise.all(['a', 'b'].map((name) => startWriter(t, [url, DANA_HASH, name, '500'])))

  const results = await Promise.all(writers.map((write) => write()))

  const everyCount = Array.from({ length: 1000 }, (_, n) => n + 1)
  t.strictSame(results.flat().sort((a, b) => a - b), everyCount, 'each was made on top of another')
  const store = await postgresPlace(t, url).open()
  t.strictSame((await factsOf(store, DANA_HASH))?.sort(), ['a', 'b'].flatMap((name) => everyCount.slice(0, 500).map((n) => `${name} ${n}`)).sort())
})

t.test('two bridges', async (t) => {
  const model = await startModel(t, () => ({
    answer: { operations: [{ op: 'add', fact_id: null, text: 'Has a dog called Rex', category: 'person', confidence: 0.9, turns: [1] }], caller_name: null, language: null, open_items: [] }, delayMs: 50
  }))
  const bridges = await twoBridges(t, { LEARN_FROM_TRANSCRIPT: 'true', OPENCLAW_API_BASE_URL: model.url })

  t.test('a call that both hear of at once is counted once, and answered alike', async (t) => {
    const ring = async (bridge: string, caller: number, call: number) => await post(`${bridge}/webhook/personalize`, { 'x-webhook-secret': WEBHOOK_SECRET }, {
      agent_id: AGENT, caller_id: `+1555010${1000 + caller}`, called_number: '+15550100001', conversation_id: `conv_${caller}_${call}`, call_sid: `CA_${caller}_${call}`
    })
    const sessions = new Map<number, unknown>()

    for (const call of [1, 2, 3]) {
      await Promise.all(Array.from({ length: 10 }, async (_, caller) => {
        const answers = await Promise.all([...bridges, ...bridges].map((bridge) => ring(bridge, caller, call)))
        const [first] = answers
        const { call_count: count, session_id: session } = first!.body['dynamic_variables']
        t.strictSame([first?.status, count, session], [200, String(call), sessions.get(caller) ?? session])
        for (const { body } of answers) t.strictSame(withoutToken(body), withoutToken(first?.body))
        sessions.set(caller, session)
      }))
    }
    t.equal(new Set(sessions.values()).size, 10, 'each caller has a session of their own')
  })

  t.test('calls that both may learn from are learnt from once, whoever heard of them', async (t) => {
    const callers = Array.from({ length: 12 }, (_, n) => `+1555010${2000 + n}`)
    const report = async (bridge: string, caller: string) => {
      const event = await transcription((data) => {
        data.transcript = [{ role: 'user', message: 'I have a dog called Rex.' }]
        data.conversation_id = `conv_${caller.slice(1)}`
        data.analysis.data_collection_results = {}
        data.metadata.phone_call.external_number = caller
        data.metadata.phone_call.call_sid = `CA${caller.slice(1)}`
      })
      const body = JSON.stringify(event)
      const response = await fetch(`${bridge}/webhook/post-call`, { method: 'POST', headers: { 'content-type': 'application/json', 'elevenlabs-signature': sign(body, new Date()) }, body })
      return response.status
    }

    // Each call is reported to both at once: a retry that went to the other one.
    const statuses = await Promise.all(callers.flatMap((caller) => bridges.map((bridge) => report(bridge, caller))))

    t.strictSame(new Set(statuses), new Set([200]))
    for (const caller of callers) {
      const { body: { phone_hash: hash } } = await post(`${bridges[0]}/api/callers/lookup`, { authorization: `Bearer ${ADMIN_KEY}` }, { phone: caller })
      for (;;) {
        const record = await (await fetch(`${bridges[1]}/api/memory/${hash}`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } })).json() as Partial<CallerRecord>
        if (record.jobs === undefined) {
          t.match(record, { call_count: 1, facts: { length: 1 } })
          break
        }
        await sleep(50)
      }
    }
  })
})
