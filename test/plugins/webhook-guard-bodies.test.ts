import { once } from 'node:events'
import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createHmac } from 'node:crypto'
import t, { type Test } from 'tap'
import { transcription } from '../fixtures/webhooks.ts'
import { WEBHOOK_SECRET, build } from '../helper.ts'

const MB = 1024 * 1024
const CHUNK = Buffer.alloc(64 * 1024, 'a')

async function listening (t: Test) {
  const app = await build(t)
  await app.listen({ host: '127.0.0.1', port: 0 })
  return Object.assign(app, { port: (app.server.address() as AddressInfo).port })
}

type App = Awaited<ReturnType<typeof listening>>

/** A request whose body is still to be sent; without a content-length it goes in chunks. */
function open (app: App, path: string, headers: Record<string, string | number>): ClientRequest {
  return request({ host: '127.0.0.1', port: app.port, path: `/webhook/${path}`, method: 'POST', agent: false, headers })
}

/** Signed now, over a beginning, `bytes` of filling and an end. */
function signedBody (start: string, bytes: number, end: string) {
  const t = Math.floor(Date.now() / 1000)
  const pieces = [Buffer.from(start), ...Array.from({ length: bytes / CHUNK.length }, () => CHUNK), Buffer.from(end)]
  const hmac = createHmac('sha256', WEBHOOK_SECRET).update(`${t}.`)
  for (const piece of pieces) hmac.update(piece)
  return { pieces, headers: { 'elevenlabs-signature': `t=${t},v0=${hmac.digest('hex')}` } }
}

async function write (req: ClientRequest, pieces: Buffer[]): Promise<void> {
  for (const piece of pieces) if (!req.write(piece)) await once(req, 'drain')
}

async function answerTo (
  req: ClientRequest
): Promise<{ status: number | undefined, body: { outcome?: string, code?: string } }> {
  const [res] = await once(req, 'response') as [IncomingMessage]
  let text = ''
  for await (const chunk of res) text += chunk
  return { status: res.statusCode, body: JSON.parse(text) }
}

/** Sends it all, and gives the answer. */
async function deliver (app: App, path: string, headers: Record<string, string | number>, pieces: Buffer[]) {
  const req = open(app, path, headers)
  const answer = answerTo(req)
  await write(req, pieces)
  req.end()
  return await answer
}

t.test('a refused webhook', async (t) => {
  for (const [says, path, head] of [
    ['is answered before its body has come', 'personalize', 'Content-Length: 50000'],
    ['is answered before its body has come in chunks', 'post-call', 'Transfer-Encoding: chunked']
  ] as const) {
    t.test(says, async (t) => {
      const app = await listening(t)
      const socket = connect(app.port, '127.0.0.1')
      t.teardown(() => socket.destroy())
      socket.write(`POST /webhook/${path} HTTP/1.1\r\nHost: bridge\r\n${head}\r\n\r\n`)

      const [data] = await once(socket, 'data') as [Buffer]

      t.match(String(data), /^HTTP\/1\.1 401 [^]*connection: close/i)
    })
  }
})

t.test('a ring', async (t) => {
  const headers = { 'x-webhook-secret': WEBHOOK_SECRET }

  t.test('may have 64 KB, announced or in chunks', async (t) => {
    const app = await listening(t)
    const body = Buffer.from(JSON.stringify({ filling: 'a'.repeat(64 * 1024 - 14) }))
    t.equal(body.length, 64 * 1024)

    t.equal((await deliver(app, 'personalize', headers, [body])).status, 200)
    t.equal((await deliver(app, 'personalize', { ...headers, 'content-length': body.length }, [body])).status, 200)
  })

  t.test('is refused when it announces one byte more, before any of it has come', async (t) => {
    const app = await listening(t)
    const req = open(app, 'personalize', { ...headers, 'content-length': 64 * 1024 + 1 })
    req.flushHeaders()
    t.teardown(() => req.destroy())

    t.match(await answerTo(req), { status: 413, body: { code: 'BRIDGE_BODY_TOO_LARGE' } })
  })

  t.test('is refused when it grows beyond that in chunks, before its end', async (t) => {
    const app = await listening(t)
    const req = open(app, 'personalize', headers)
    req.on('error', () => {}) // The bridge hangs up while we still write.
    const answer = answerTo(req)
    req.write(CHUNK)
    req.write('a')

    t.match(await answer, { status: 413, body: { code: 'BRIDGE_BODY_TOO_LARGE' } })
    req.destroy()
  })
})

t.test('a post-call', async (t) => {
  t.test('may be large', async (t) => {
    const app = await listening(t)
    const envelope = JSON.stringify(await transcription())
    const { pieces, headers } = signedBody(`${envelope.slice(0, -1)},"filling":"`, 24 * MB, '"}')

    t.match(await deliver(app, 'post-call', headers, pieces), { status: 200, body: { outcome: 'added' } })
  })

  t.test('is refused above 25 MB', async (t) => {
    const app = await listening(t)
    const { pieces, headers } = signedBody('{"type":"x","filling":"', 25 * MB, '')
    const req = open(app, 'post-call', headers)
    req.on('error', () => {})
    const answer = answerTo(req)
    await write(req, pieces)

    t.match(await answer, { status: 413, body: { code: 'BRIDGE_BODY_TOO_LARGE' } })
    req.destroy()
  })

  t.test('is refused when it announces more than audio may have', async (t) => {
    const app = await listening(t)
    const req = open(app, 'post-call', { ...signedBody('', 0, '').headers, 'content-length': 200 * MB + 1 })
    req.flushHeaders()
    t.teardown(() => req.destroy())

    t.match(await answerTo(req), { status: 413 })
  })

  t.test('gets its answer also when more than 4 large ones come at once', async (t) => {
    const app = await listening(t)
    const { pieces, headers } = signedBody('{"type":"x","filling":"', 2 * MB, '"}')

    const answers = await Promise.all(Array.from({ length: 9 }, () => deliver(app, 'post-call', headers, pieces)))

    t.strictSame(answers.map(({ status }) => status), Array.from({ length: 9 }, () => 200))
  })

  t.test('waits while 4 large ones are being read, and not when it is small', async (t) => {
    const app = await listening(t)
    const { pieces, headers } = signedBody('{"type":"x","filling":"', 2 * MB, '"}')
    // After half a second a slow body loses its slot, and a busy machine can take that long.
    const now = performance.now()
    t.intercept(performance, 'now', { value: () => now })
    const slow = Array.from({ length: 4 }, () => open(app, 'post-call', headers))
    const slowAnswers = slow.map(answerTo)
    for (const req of slow) await write(req, pieces.slice(0, -1))
    let isAnswered = false
    const fifth = deliver(app, 'post-call', headers, pieces).then((answer) => {
      isAnswered = true
      return answer
    })
    const small = signedBody('{"type":"small"', 0, '}')

    t.match(await deliver(app, 'post-call', small.headers, small.pieces), { status: 200 })
    await new Promise((resolve) => setTimeout(resolve, 150))
    t.notOk(isAnswered)
    for (const req of slow) req.end(pieces.at(-1))
    t.match(await Promise.all([...slowAnswers, fifth]), Array.from({ length: 5 }, () => ({ status: 200 })))
  })

  t.test('that is cut off leaves its place to others, and nothing else', async (t) => {
    const app = await listening(t)
    const { pieces, headers } = signedBody('{"type":"x","filling":"', 2 * MB, '"}')
    for (let cut = 0; cut < 5; cut++) {
      const req = open(app, 'post-call', headers)
      req.on('error', () => {})
      await write(req, pieces.slice(0, -1))
      req.destroy()
    }

    t.match(await deliver(app, 'post-call', headers, pieces), { status: 200 })
    t.strictSame(app.lines.filter((line) => Number(line['level']) >= 50), [], 'nobody is alarmed')
  })
})

t.test('a post_call_audio of 40 MB in chunks', async (t) => {
  setFlagsFromString('--expose-gc')
  const gc: () => void = runInNewContext('gc')
  const start = '{"type":"post_call_audio","event_timestamp":1792315270,"data":{"full_audio":"'

  t.test('is acknowledged without being held', async (t) => {
    const app = await listening(t)
    const { pieces, headers } = signedBody(start, 40 * MB, '"}}')
    gc()
    const before = process.memoryUsage().arrayBuffers
    const req = open(app, 'post-call', headers)
    const answer = answerTo(req)
    await write(req, pieces.slice(0, -1))
    // What is on its way at the moment of a look is not held; what is held is there at every look.
    let held = Infinity
    for (let look = 0; look < 40 && held >= MB; look++) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      gc()
      held = Math.min(held, process.memoryUsage().arrayBuffers - before)
    }
    req.end(pieces.at(-1))

    t.match(await answer, { status: 200, body: { outcome: 'ignored' } })
    t.ok(held < 8 * MB, `${Math.round(held / MB)} MB are held`)
  })

  t.test('is refused when its signature does not match', async (t) => {
    const app = await listening(t)
    const { pieces, headers } = signedBody(start, 2 * MB, '"}}')

    t.match(await deliver(app, 'post-call', headers, [...pieces.slice(0, -1), Buffer.from('"}} ')]), {
      status: 401, body: { code: 'BRIDGE_WEBHOOK_REFUSED' }
    })
  })
})
