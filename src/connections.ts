/**
 * Limits the number of connections. A connection is a stranger until one of its requests has shown a secret. Strangers
 * are closed first, so that there is always room for clients with a secret.
 */
import { EventEmitter } from 'node:events'
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import type { Socket } from 'node:net'
import { answerExpectation } from './client-error.ts'

/**
 * - `crowded`: a newer connection needed the room
 * - `pipelining`: it sent too many requests without waiting for the responses
 * - `refused`: there were too many connections, even of clients with a secret
 */
export type ClosedReason = 'crowded' | 'pipelining' | 'refused'

/**
 * Requests on one connection that have no response yet. HTTP allows any number (RFC 9112 §9.3.2), but each takes memory
 * until the client reads its response. Clients that should call us never send more than one.
 */
const MAX_PENDING = 2

/** A connection younger than this may be about to send its request, so one with a slow request is closed first. */
const NEW_MS = 200

/** For a client that does not read its response. */
const WRITE_TIMEOUT_MS = 30_000

const KEEP_ALIVE_MS = 5_000
/** For clients that have shown a secret. */
const TRUSTED_KEEP_ALIVE_MS = 72_000

/** Time to read the response for a client whose request body is not read. */
const UNREAD_MS = 1000

/** Per connection; after that, the client opens a new one. */
const MAX_REQUESTS = 10_000

/** One instance serves all addresses that the bridge listens on. */
export class Connections extends EventEmitter<{ closed: [ClosedReason] }> {
  /** Since the start. */
  closedCount = 0
  readonly #max: number
  readonly #maxStrangers: number
  readonly #now: () => number
  /** Strangers without a request, and since when; longest first. */
  readonly #idle = new Map<Socket, number>()
  /** Strangers with a request, oldest first. */
  readonly #busy = new Set<Socket>()
  readonly #trusted = new WeakSet<Socket>()
  readonly #pending = new WeakMap<Socket, number>()

  /**
   * @param max - of all connections
   * @param now - monotonic milliseconds
   */
  constructor (max: number, maxStrangers: number, now = () => performance.now()) {
    super()
    this.#max = max
    this.#maxStrangers = maxStrangers
    this.#now = now
    this.on('closed', () => { this.closedCount++ })
  }

  createServer (options: ServerOptions, handle: RequestListener): Server {
    const server = createServer({ ...options, keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      const { socket } = request
      // Requests from one packet arrive even after the socket was closed.
      if (socket.destroyed || !this.#begin(socket)) return
      // From here on the client has something to read. Node restarts this timeout with each bit of progress.
      for (const event of ['pipe', 'prefinish']) response.once(event, () => socket.setTimeout(WRITE_TIMEOUT_MS))
      response.once('close', () => this.#end(socket))
      response.once('finish', () => { if (!request.complete) leaveUnread(socket) })
      handle(request, response)
    })
    server.maxConnections = this.#max
    server.maxRequestsPerSocket = MAX_REQUESTS
    server.on('checkExpectation', answerExpectation)
    server.on('connection', (socket) => this.#admit(socket))
    server.on('drop', () => this.emit('closed', 'refused'))
    return server
  }

  /** A request on this connection has shown a correct secret. Sockets of injected requests are ignored. */
  trust (socket: Socket): void {
    if (this.#forget(socket)) this.#trusted.add(socket)
  }

  #admit (socket: Socket): void {
    this.#idle.set(socket, this.#now())
    socket.once('close', () => this.#forget(socket))
    if (this.#idle.size + this.#busy.size > this.#maxStrangers) this.#close(this.#nextToClose(), 'crowded')
  }

  #nextToClose (): Socket {
    // Never empty: it contains the newest connection.
    const [longestIdle, since] = this.#idle.entries().next().value!
    const [oldestBusy] = this.#busy
    return oldestBusy === undefined || this.#now() - since >= NEW_MS ? longestIdle : oldestBusy
  }

  /** False if the request was one too many, and the connection is closed. */
  #begin (socket: Socket): boolean {
    const pending = (this.#pending.get(socket) ?? 0) + 1
    this.#pending.set(socket, pending)
    if (pending > MAX_PENDING) {
      this.#close(socket, 'pipelining')
      return false
    }
    if (this.#idle.delete(socket)) this.#busy.add(socket)
    return true
  }

  /** The response was sent, or never will be. */
  #end (socket: Socket): void {
    const pending = this.#pending.get(socket)! - 1
    this.#pending.set(socket, pending)
    if (pending > 0 || socket.destroyed) return
    if (this.#busy.delete(socket)) this.#idle.set(socket, this.#now())
    if (this.#trusted.has(socket)) socket.setTimeout(TRUSTED_KEEP_ALIVE_MS)
  }

  #close (socket: Socket, reason: ClosedReason): void {
    this.#forget(socket)
    socket.destroy()
    this.emit('closed', reason)
  }

  #forget (socket: Socket): boolean {
    return this.#idle.delete(socket) || this.#busy.delete(socket)
  }
}

/** After the response, Node would still read the rest of the body, at the sender's pace. */
function leaveUnread (socket: Socket): void {
  socket.pause()
  setTimeout(() => socket.destroy(), UNREAD_MS).unref()
}
