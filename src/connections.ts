/**
 * Which connections stay open when there are many. A connection is a stranger until a request on it has shown a secret;
 * strangers make room first, so that whoever has one is always let in.
 */
import { EventEmitter } from 'node:events'
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Why a connection was closed:
 *
 * - `crowded`: room was needed for a newer connection
 * - `pipelining`: it sent too many requests without waiting for the responses
 * - `refused`: too many connections have shown a secret
 */
export type ClosedReason = 'crowded' | 'pipelining' | 'refused'

export interface ConnectionLimits {
  /** Connections at the same time. */
  max: number
  /** Strangers among them; beyond it the one that is least welcome is closed. */
  maxStrangers: number
  /** Milliseconds of a clock that does not go back. Default: the process's. */
  now?: (() => number) | undefined
}

/**
 * Requests on one connection that have no response yet. HTTP allows any number (RFC 9112 §9.3.2), but each takes memory
 * until the sender reads, and keeps the others waiting; no client that is meant to call us sends more than one.
 */
const MAX_UNANSWERED = 2

/**
 * A connection that is idle for less, in milliseconds, may be about to send its request: one with a request goes first.
 */
const NEW_MS = 200

/** How long a response may wait for a sender who reads nothing, in milliseconds. */
const WRITE_TIMEOUT_MS = 30_000

/** How long a stranger may be idle, and one that has shown a secret; in milliseconds. */
const KEEP_ALIVE_MS = 5_000
const TRUSTED_KEEP_ALIVE_MS = 72_000

/** How long the sender of a body that nobody reads has to take the response, in milliseconds. */
const UNREAD_MS = 1000

/** Then the client opens a new connection. */
const MAX_REQUESTS = 10_000

/** Connections of one bridge, on all addresses that it listens on. */
export class Connections extends EventEmitter<{ closed: [ClosedReason] }> {
  readonly #limits: ConnectionLimits
  readonly #now: () => number
  /** Strangers without a request under way, by since when, longest first; and those with one, oldest first. */
  readonly #idle = new Map<Socket, number>()
  readonly #busy = new Set<Socket>()
  readonly #trusted = new WeakSet<Socket>()
  readonly #unanswered = new WeakMap<Socket, number>()

  constructor (limits: ConnectionLimits) {
    super()
    this.#limits = limits
    this.#now = limits.now ?? (() => performance.now())
  }

  createServer (options: ServerOptions, handle: RequestListener): Server {
    const server = createServer({ ...options, keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      const { socket } = request
      // What came in the same packet as the request for which it was closed.
      if (socket.destroyed || !this.#begin(socket)) return
      // From here on there is something to read. Node notices progress: only who reads nothing at all is cut off.
      for (const event of ['pipe', 'prefinish']) response.once(event, () => socket.setTimeout(WRITE_TIMEOUT_MS))
      response.once('close', () => this.#end(socket))
      response.once('finish', () => { if (!request.complete) leaveUnread(socket) })
      handle(request, response)
    })
    server.maxConnections = this.#limits.max
    server.maxRequestsPerSocket = MAX_REQUESTS
    server.on('connection', (socket) => this.#admit(socket))
    server.on('drop', () => this.emit('closed', 'refused'))
    return server
  }

  /** A request on this connection has shown a right secret. Sockets of injected requests are ignored. */
  trust (socket: Socket): void {
    if (this.#forget(socket)) this.#trusted.add(socket)
  }

  #admit (socket: Socket): void {
    this.#idle.set(socket, this.#now())
    socket.once('close', () => this.#forget(socket))
    if (this.#idle.size + this.#busy.size > this.#limits.maxStrangers) this.#close(this.#leastWelcome(), 'crowded')
  }

  #leastWelcome (): Socket {
    // Never empty: the connection that has just come is in it.
    const [longestIdle, since] = this.#idle.entries().next().value!
    const [oldestBusy] = this.#busy
    return oldestBusy === undefined || this.#now() - since >= NEW_MS ? longestIdle : oldestBusy
  }

  /** A request has come; false when it is one too many. */
  #begin (socket: Socket): boolean {
    const unanswered = (this.#unanswered.get(socket) ?? 0) + 1
    this.#unanswered.set(socket, unanswered)
    if (unanswered > MAX_UNANSWERED) {
      this.#close(socket, 'pipelining')
      return false
    }
    if (this.#idle.delete(socket)) this.#busy.add(socket)
    return true
  }

  /** A response is out, or will never be. */
  #end (socket: Socket): void {
    const unanswered = this.#unanswered.get(socket)! - 1
    this.#unanswered.set(socket, unanswered)
    if (unanswered > 0 || socket.destroyed) return
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

/** Node would go on to read a body whose response is out, at the sender's pace. */
function leaveUnread (socket: Socket): void {
  socket.pause()
  setTimeout(() => socket.destroy(), UNREAD_MS).unref()
}
