/** On a bare server: what Node does with connections is part of what is promised. */
import { EventEmitter, once } from 'node:events'
import type { RequestListener } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { Connections } from '../../src/connections.ts'

const GET = 'GET / HTTP/1.1\r\nHost: bridge\r\n\r\n'

async function listening (t: Test, maxStrangers: number, handle: RequestListener) {
  const closed: string[] = []
  const clock = { ms: 0 }
  const connections = new Connections(100, maxStrangers, () => clock.ms)
  connections.on('closed', (reason) => closed.push(reason))
  const server = connections.createServer({}, (request, response) => handle(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo

  /** A connection that the server has accepted. */
  async function open (): Promise<Socket> {
    const socket = connect(port, '127.0.0.1')
    t.teardown(() => socket.destroy())
    socket.on('error', () => {})
    await once(server, 'connection')
    return socket
  }
  return { server, connections, clock, closed, open }
}

async function ask (socket: Socket): Promise<string> {
  socket.write(GET)
  const [data] = await once(socket, 'data') as [Buffer]
  return data.toString()
}

t.test('beyond the limit the stranger that has been idle longest makes room', async (t) => {
  const { connections, closed, open } = await listening(t, 2, (_request, response) => response.end('ok'))
  t.equal(connections.closedCount, 0)
  const first = await open()
  const second = await open()
  t.match(await ask(first), /200 OK/, 'the first is idle for a shorter time now')
  const gone = once(second, 'close')
  const third = await open()

  await gone
  t.strictSame([closed, connections.closedCount], [['crowded'], 1])
  t.match(await ask(first), /200 OK/)
  t.match(await ask(third), /200 OK/)
})

t.test('a stranger who waits for a response goes after those who are idle, and before those who are new', async (t) => {
  const pending: Array<() => void> = []
  const { clock, closed, open } = await listening(t, 2, (_request, response) => { pending.push(() => response.end('ok')) })
  const busy = await open()
  const response = ask(busy)
  const idle = await open()
  while (pending.length === 0) await new Promise(setImmediate)
  const idleGone = once(idle, 'close')
  clock.ms += 200
  await open()

  await idleGone
  t.notOk(busy.destroyed)
  const busyGone = once(busy, 'close')
  response.catch(() => {})
  await open()
  await busyGone
  t.strictSame(closed, ['crowded', 'crowded'])
})

t.test('whoever has shown a secret counts no longer, and stays', async (t) => {
  const listened = await listening(t, 1, (request, response) => {
    listened.connections.trust(request.socket)
    response.end('ok')
  })
  const { closed, open } = listened
  const sockets = []
  for (let n = 0; n < 5; n++) {
    const socket = await open()
    t.match(await ask(socket), /200 OK/)
    sockets.push(socket)
  }

  t.strictSame(closed, [])
  for (const socket of sockets) t.match(await ask(socket), /200 OK/)
})

t.test('strangers may be idle for a short time, others for longer', async (t) => {
  let isRight = false
  const timeouts: number[] = []
  const { connections, open } = await listening(t, 10, (request, response) => {
    if (isRight) connections.trust(request.socket)
    response.once('close', () => setImmediate(() => timeouts.push(request.socket.timeout ?? 0)))
    response.end('ok')
  })
  const socket = await open()
  await ask(socket)
  isRight = true
  await ask(socket)
  while (timeouts.length < 2) await new Promise(setImmediate)

  t.ok(timeouts[0]! >= 5000 && timeouts[0]! < 10_000, `${timeouts[0]} ms`)
  t.equal(timeouts[1], 72_000)
})

t.test('whoever sends request after request and reads nothing is closed', async (t) => {
  let handled = 0
  const { closed, open } = await listening(t, 10, () => { handled++ })
  const socket = await open()
  const gone = once(socket, 'close')
  socket.write(GET.repeat(1000))

  await gone
  t.strictSame(closed, ['pipelining'])
  t.equal(handled, 2)
})

t.test('a few requests at a time are answered in order', async (t) => {
  let handled = 0
  const { closed, open } = await listening(t, 10, (_request, response) => response.end(`[${++handled}]`))
  const socket = await open()
  let text = ''
  socket.on('data', (data: Buffer) => { text += data.toString() })
  for (let round = 0; round < 3; round++) {
    socket.write(GET.repeat(2))
    while (!text.includes(`[${2 * (round + 1)}]`)) await once(socket, 'data')
  }

  t.strictSame(text.match(/\[\d+\]/g), Array.from({ length: 6 }, (_, n) => `[${n + 1}]`))
  t.strictSame(closed, [])
})

t.test('a response that is not read is given up after 30 seconds without progress', async (t) => {
  const timeouts = new EventEmitter()
  const { open } = await listening(t, 10, (request, response) => {
    response.end(Buffer.alloc(50_000_000))
    timeouts.emit('set', request.socket.timeout)
  })
  const socket = await open()
  socket.pause()
  socket.write(GET)

  t.strictSame(await once(timeouts, 'set'), [30_000])
})
