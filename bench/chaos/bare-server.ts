/**
 * What an attack costs Node itself: a bare server that sends as many bytes as the bridge, with the crudest protection
 * that keeps it alive. Its own process: `node bare-server.ts <bytes of the response to a call> {"/path":bytes,…}`.
 */
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

const MAX_STRANGERS = 1500

const [callBytes = '', pages = ''] = process.argv.slice(2)
const responses = new Map(Object.entries(JSON.parse(pages) as Record<string, number>)
  .map(([path, bytes]) => [path, Buffer.alloc(bytes, ' ')]))
const callResponse = Buffer.alloc(Number(callBytes), ' ')
const nothing = Buffer.alloc(0)

/** Oldest first. */
const strangers = new Set<Socket>()
const busy = new WeakSet<Socket>()

const server = createServer((request, response) => {
  const { socket, headers, method } = request
  if (busy.has(socket)) socket.destroy()
  if (socket.destroyed) return
  busy.add(socket)
  response.once('close', () => busy.delete(socket))
  const hasSecret = headers['x-bare'] !== undefined
  if (hasSecret) strangers.delete(socket)
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => { if (hasSecret) chunks.push(chunk) })
  request.on('end', () => {
    if (hasSecret) JSON.parse(Buffer.concat(chunks).toString())
    const bytes = method === 'POST' ? callResponse : responses.get(request.url!) ?? nothing
    response.writeHead(200, { 'content-length': bytes.length }).end(bytes)
  })
})
server.on('connection', (socket) => {
  strangers.add(socket)
  socket.on('error', () => { /* the client is gone */ })
  socket.once('close', () => strangers.delete(socket))
  const [oldest] = strangers
  if (strangers.size > MAX_STRANGERS) oldest!.destroy()
})
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port))
