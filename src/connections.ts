/**
 * Which connections stay open when there are many. A connection is a stranger until a request on it has shown a secret;
 * strangers make room first, so that whoever has one is always let in.
 */
import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export interface ConnectionLimits {
  /** Strangers at the same time; beyond it the one that has been idle longest is closed. */
  maxStrangers: number
  /** Told of each connection that was closed, with the reason. */
  onClosed: (reason: ClosedReason) => void
  /** Milliseconds of a clock that does not go back. Default: the process's. */
  now?: (() => number) | undefined
}

/**
 * - `crowded`: room was needed for a newer connection
 * - `pipelining`: it sent too many requests without waiting for the responses
 * - `refused`: too many connections have shown a secret
 */
export type ClosedReason = 'crowded' | 'pipelining' | 'refused'

export interface Connections {
  /** A request on this connection has shown a right secret. Sockets of injected requests are ignored. */
  trust (socket: Socket): void
}

/**
 * Requests on one connection that have no response yet. HTTP allows any number (RFC 9112 §9.3.2), but each keeps memory
 * until the sender reads; no client that is meant to call us sends even two.
 */
const MAX_UNANSWERED = 16

/** A connection that is idle for less, in milliseconds, may be about to send its request: one with a request goes first. */
const NEW_MS = 200

/** How long a response may wait for a sender who does not read, in milliseconds. */
const WRITE_TIMEOUT_MS = 30_000

/** How long a connection that has shown a secret may be idle, in milliseconds. Strangers get `server.keepAliveTimeout`. */
const TRUSTED_KEEP_ALIVE_MS = 72_000

export function guardConnections (server: Server, { maxStrangers, onClosed, now = () => performance.now() }: ConnectionLimits): Connections {
  /** Strangers without a request under way, by since when, longest first; and those with one, oldest first. */
  const idle = new Map<Socket, number>()
  const busy = new Set<Socket>()
  const trusted = new WeakSet<Socket>()
  const unanswered = new WeakMap<Socket, number>()

  function close (socket: Socket, reason: ClosedReason): void {
    forget(socket)
    socket.destroy()
    onClosed(reason)
  }

  function forget (socket: Socket): boolean {
    return idle.delete(socket) || busy.delete(socket)
  }

  function leastWelcome (): Socket {
    // Never empty: the connection that has just come is in it.
    const [longestIdle, since] = idle.entries().next().value!
    const [oldestBusy] = busy
    return oldestBusy === undefined || now() - since >= NEW_MS ? longestIdle : oldestBusy
  }

  function whenAnswered (socket: Socket): void {
    const left = unanswered.get(socket)! - 1
    unanswered.set(socket, left)
    if (left > 0 || socket.destroyed) return
    if (busy.delete(socket)) idle.set(socket, now())
    if (trusted.has(socket)) socket.setTimeout(TRUSTED_KEEP_ALIVE_MS)
  }

  server.on('connection', (socket) => {
    idle.set(socket, now())
    socket.once('close', () => forget(socket))
    if (idle.size + busy.size > maxStrangers) close(leastWelcome(), 'crowded')
  })

  server.on('drop', () => onClosed('refused'))

  // Before Fastify's own listener: what is closed here should cost nothing more.
  server.prependListener('request', ({ socket }, response: ServerResponse) => {
    // The rest of what came in the same packet is still parsed.
    if (socket.destroyed) return
    const count = (unanswered.get(socket) ?? 0) + 1
    unanswered.set(socket, count)
    if (count > MAX_UNANSWERED) return close(socket, 'pipelining')
    if (idle.delete(socket)) busy.add(socket)
    // Node notices progress: only a sender who reads nothing at all is cut off.
    response.once('prefinish', () => socket.setTimeout(WRITE_TIMEOUT_MS))
    response.once('close', () => whenAnswered(socket))
  })

  return {
    trust (socket) {
      if (forget(socket)) trusted.add(socket)
    }
  }
}
