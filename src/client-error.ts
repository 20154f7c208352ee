/** Responses to what never becomes a request: Node refuses it before Fastify sees it. They have the usual form. */
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError } from '@fastify/error'
import { ExpectationUnknown, HeadTooLarge, HttpMalformed, RequestTooSlow } from './errors.ts'

/** For the server's event `clientError`. @see https://nodejs.org/api/http.html#event-clienterror */
export function answerClientError ({ code }: Error & { code?: string }, socket: Socket): void {
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const { statusCode, body } = bodyOf(errorFor(code))
  socket.end([
    `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    '',
    body
  ].join('\r\n'))
}

/** For the server's event `checkExpectation`: an `Expect` other than `100-continue`. */
export function answerExpectation (_: IncomingMessage, response: ServerResponse): void {
  const { statusCode, body } = bodyOf(new ExpectationUnknown())
  response.writeHead(statusCode, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    connection: 'close'
  }).end(body)
}

function errorFor (code: string | undefined): FastifyError {
  if (code === 'HPE_HEADER_OVERFLOW') return new HeadTooLarge()
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? new RequestTooSlow() : new HttpMalformed()
}

function bodyOf ({ statusCode = 400, code, message }: FastifyError) {
  return { statusCode, body: JSON.stringify({ statusCode, code, error: STATUS_CODES[statusCode], message }) }
}
