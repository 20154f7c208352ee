/** The process, as `npm run build` makes it: how it starts, refuses to start, and stops. */
import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { freePort } from '../free-port.ts'
import { ADMIN_KEY, AGENT, testEnv, WEBHOOK_SECRET } from '../helper.ts'
import { ENV, killAfter, NODE } from '../processes.ts'

/** Starts the built server; `port` rejects when it ends before it listens. */
function start (t: Test, env: Record<string, string | undefined>) {
  const child = spawn(ENV, [...NODE, resolve('dist/src/server.js')], { cwd: t.testdirName, env: env as NodeJS.ProcessEnv, stdio: ['ignore', 'pipe', 'pipe'] })
  const output: string[] = []
  const exited = killAfter(t, child)
  const port = new Promise<number>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on('line', (line) => {
        output.push(line)
        const found = /listening on http:\/\/[^:]+:(\d+)/.exec(line)?.[1]
        if (found !== undefined) resolve(Number(found))
      })
    }
    exited.then(() => reject(new Error(output.join('\n'))), reject)
  })
  port.catch(() => { /* told through the await of whoever waits for it */ })
  return { child, output, exited, port }
}

function open (port: number) {
  const socket = connect(port, '127.0.0.1')
  let received = ''
  socket.setEncoding('utf8').on('data', (text: string) => { received += text })
  return { socket, received: () => received }
}

const ringBody = (id: string) => JSON.stringify({ caller_id: '+15550100123', agent_id: AGENT, conversation_id: id })

function ringRequest (body: string): string {
  return `POST /webhook/personalize HTTP/1.1\r\nHost: x\r\nX-Webhook-Secret: ${WEBHOOK_SECRET}\r\nContent-Length: ${body.length}\r\n\r\n`
}

// They mostly wait, so they run side by side.
t.jobs = 3

t.test('the start ends with one readable message that lists every missing setting', { buffered: true }, async (t) => {
  t.testdir()
  const { exited, output } = start(t, {})

  const [code] = await exited

  t.equal(code, 78, 'a code that systemd does not restart after')
  t.strictSame(output, [
    '3 settings need your attention before the bridge can start:',
    '  ELEVENLABS_API_KEY is missing: set it to the API key of your ElevenLabs workspace',
    '  ELEVENLABS_AGENT_ID is missing: set it to the id of your agent; separate several ids with commas',
    '  PUBLIC_BASE_URL is missing: set it to the address at which ElevenLabs reaches this bridge, such as https://bridge.example.com',
    'The file .env.example lists and explains all settings.'
  ])
})

t.test('the folder of the data has one process at a time', { buffered: true }, async (t) => {
  const env = testEnv(t)
  const sealing = { ...env, DATA_ENCRYPTION_KEY: randomBytes(32).toString('base64') }

  const first = start(t, sealing)
  await first.port
  const second = start(t, sealing)
  t.strictSame(await second.exited, [1, null], 'meanwhile another one refuses to start')
  t.match(second.output.at(-1), new RegExp(`in use by process ${first.child.pid}`), 'and names the one that runs')

  first.child.kill('SIGKILL')
  await first.exited
  const third = start(t, sealing)
  t.ok(await third.port, 'after kill -9 the next one takes the lock over')
  third.child.kill('SIGTERM')
  t.strictSame(await third.exited, [0, null], 'SIGTERM while idle ends it at once')
  t.notOk(existsSync(join(String(env['DATA_DIR']), 'bridge.lock')), 'and lets the folder go')

  const keyless = start(t, env)
  t.strictSame(await keyless.exited, [78, null], 'sealed data without their key: systemd does not restart after this code')
  t.match(keyless.output.at(-1), /^The stored data is sealed with key [0-9a-f]{16}, but DATA_ENCRYPTION_KEY is not set/)
})

t.test('SIGTERM answers what is in flight and what still comes on open connections, cuts a body that never ends, flushes and exits 0', { buffered: true }, async (t) => {
  const env = testEnv(t)
  const { child, exited, port } = start(t, env)
  const inFlight = open(await port)
  const idle = open(await port)
  const endless = open(await port)
  endless.socket.on('error', () => { /* it is cut */ })
  const body = ringBody('c1')

  // One connection has sent half a request when the signal comes, the other asks only after it.
  inFlight.socket.write(ringRequest(body) + body.slice(0, 10))
  endless.socket.write(ringRequest(body) + body.slice(0, 10))
  await sleep(200)
  child.kill('SIGTERM')
  await sleep(200)
  const [refusal] = await once(connect(await port, '127.0.0.1'), 'error') as [NodeJS.ErrnoException]
  idle.socket.write(ringRequest(ringBody('c2')) + ringBody('c2'))
  await once(idle.socket, 'close')
  await sleep(1500)
  inFlight.socket.write(body.slice(10))
  await once(inFlight.socket, 'close')
  const [code] = await exited

  t.equal(refusal.code, 'ECONNREFUSED', 'it stops listening at once')
  t.match(idle.received(), /^HTTP\/1.1 200 OK[^]*"call_count":"1"/, 'a call on an open connection is answered')
  t.match(inFlight.received(), /^HTTP\/1.1 200 OK[^]*"call_count":"2"/, 'the call in flight is answered')
  t.equal(code, 0)
  const files = await readdir(join(String(env['DATA_DIR']), 'callers'), { recursive: true })
  t.equal(files.filter((name) => name.endsWith('.json')).length, 1, 'the call is on disk')
})

t.test('a disk that hangs at start costs neutral answers, and the memory is used when it answers', { buffered: true }, async (t) => {
  const env = testEnv(t)
  const pipe = join(String(env['DATA_DIR']), 'keys.json')
  execFileSync('mkfifo', [pipe])
  const { child, exited, output, port } = start(t, env)
  const url = `http://127.0.0.1:${await port}`
  const call = async (id: string) => {
    const began = performance.now()
    const res = await fetch(`${url}/webhook/personalize`, { method: 'POST', headers: { 'x-webhook-secret': WEBHOOK_SECRET }, body: ringBody(id) })
    const {
      dynamic_variables: { call_count: count }
    } = await res.json() as { dynamic_variables: { call_count: string } }
    return { status: res.status, count, tookMs: performance.now() - began }
  }
  const ready = async () => (await fetch(`${url}/health/ready`)).status

  await call('warms it up')
  const { status, tookMs } = await call('c1')
  t.equal(status, 200)
  t.ok(tookMs < 500, `after ${Math.round(tookMs)} ms, long before its deadline`)
  t.equal(await ready(), 503)
  await writeFile(pipe, '{"version":1,"seals":[]}')
  while (await ready() !== 200) await sleep(20)

  t.strictSame([(await call('c2')).count, (await call('c3')).count], ['1', '2'])
  child.kill('SIGTERM')
  t.strictSame(await exited, [0, null])
  t.match(output.join('\n'), /"level":50.*did not respond within 2 seconds.*"the storage cannot be used yet/)
})

t.test('while every thread that reads hangs, it is not ready; SIGTERM ends it in less than ten seconds all the same', { buffered: true }, async (t) => {
  const env = testEnv(t)
  const { child, exited, output, port } = start(t, env)
  const url = `http://127.0.0.1:${await port}`
  for (const name of ['notes', 'own-numbers']) {
    const pipe = join(String(env['DATA_DIR']), `${name}.json`)
    await rm(pipe, { force: true })
    execFileSync('mkfifo', [pipe])
  }
  const answers = await Promise.all(Array.from({ length: 4 }, async (_, n) => {
    const res = await fetch(`${url}/webhook/personalize`, { method: 'POST', headers: { 'x-webhook-secret': WEBHOOK_SECRET }, body: ringBody(`c${n}`) })
    return res.status
  }))
  const listed = [1, 2].map(() => fetch(`${url}/api/notes`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } }).catch(() => 'cut off'))
  const ready = await fetch(`${url}/health/ready`)

  const stoppedAt = performance.now()
  child.kill('SIGTERM')
  await exited
  const tookMs = performance.now() - stoppedAt
  await Promise.all(listed)

  t.strictSame([...answers, ready.status], [200, 200, 200, 200, 503])
  t.ok(tookMs < 10_000, `after ${Math.round(tookMs)} ms`)
  t.match(output.join('\n'), /"msg":"stopping"/)
})

t.test('a log that cannot be written ends neither the calls nor a clean stop', { buffered: true }, async (t) => {
  const env = { ...testEnv(t), PORT: String(await freePort()) }
  const full = openSync('/dev/full', 'w')
  t.teardown(() => closeSync(full))
  const child = spawn(ENV, [...NODE, resolve('dist/src/server.js')], { cwd: t.testdirName, env, stdio: ['ignore', full, 'ignore'] })
  const exited = killAfter(t, child)
  const url = `http://127.0.0.1:${env.PORT}`
  while (await fetch(`${url}/health`).then(() => false, () => child.exitCode === null)) await sleep(50)

  for (let n = 0; n < 20; n++) {
    const res = await fetch(`${url}/webhook/personalize`, { method: 'POST', headers: { 'x-webhook-secret': WEBHOOK_SECRET }, body: ringBody(`c${n}`) })
    t.equal(res.status, 200)
  }
  child.kill('SIGTERM')

  t.strictSame(await exited, [0, null])
})

t.test('a log that nobody reads keeps no call waiting, and no stop', { buffered: true }, async (t) => {
  const env = { ...testEnv(t), PORT: String(await freePort()) }
  const child = spawn(ENV, [...NODE, resolve('dist/src/server.js')], { cwd: t.testdirName, env, stdio: ['ignore', 'pipe', 'ignore'] })
  const exited = killAfter(t, child)
  const url = `http://127.0.0.1:${env.PORT}`
  while (await fetch(`${url}/health`).then(() => false, () => child.exitCode === null)) await sleep(50)

  // A pipe holds 64 KB, and a ring's line has some 200 bytes.
  for (let round = 0; round < 20; round++) {
    const statuses = await Promise.all(Array.from({ length: 40 }, async (_, n) => {
      const res = await fetch(`${url}/webhook/personalize`, {
        method: 'POST', headers: { 'x-webhook-secret': WEBHOOK_SECRET }, body: ringBody(`c${round}-${n}`), signal: AbortSignal.timeout(5000)
      })
      await res.arrayBuffer()
      return res.status
    }))
    t.strictSame(new Set(statuses), new Set([200]))
  }
  child.kill('SIGTERM')

  t.strictSame(await exited, [0, null])
})
