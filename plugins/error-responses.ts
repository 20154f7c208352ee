/**
 * Gives every error the same form. The response tells clients what they can fix; the log has the cause of our own
 * failures. Refused webhooks are logged, too, because nobody reads the responses that ElevenLabs gets.
 */
import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { BodyNotJson, BodyTooLarge, HttpMalformed, InternalError, RequestInvalid, RouteUnknown } from '../src/errors.ts'
import { PROBE_AGENT } from '../src/status/call-watch.ts'
import { showsProof } from '../src/webhook/guard.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route needs no key: strangers can make it fail as often as they like, so its errors are logged sparingly. */
    isPublic?: boolean
  }
}

const RETRY_AFTER_SECONDS = 5

/** Errors of Fastify that a client can cause, by Fastify's code. */
const FASTIFY_ERRORS: Record<string, (request: FastifyRequest) => FastifyError> = {
  FST_ERR_CTP_BODY_TOO_LARGE: (request) => new BodyTooLarge(request.routeOptions.bodyLimit),
  FST_ERR_CTP_INVALID_JSON_BODY: () => new BodyNotJson(),
  FST_ERR_CTP_EMPTY_JSON_BODY: () => new BodyNotJson(),
  FST_ERR_BAD_URL: () => new RequestInvalid('The URL is malformed'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => new RequestInvalid('The content type is not application/json: send JSON')
}

export default fp(async function errorResponsesPlugin (fastify) {
  fastify.setErrorHandler(sendError)
  // Here, too, so that the body of such a request is not read.
  fastify.addHook('onRequest', async (request) => {
    if (request.raw.httpVersion === '1.1' && request.headers.host === undefined) throw new HttpMalformed()
    if (request.is404) throw new RouteUnknown()
  })
  fastify.setNotFoundHandler(async (request, reply) => await sendError(new RouteUnknown(), request, reply))
}, { name: 'error-responses', dependencies: ['stranger-log'], fastify: '5.x' })

/** Errors below 500 keep their message. A 5xx that is not in src/errors.ts becomes `InternalError`; the log has it. */
export async function sendError (thrown: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  const error = toCatalogue(FASTIFY_ERRORS[thrown.code]?.(request) ?? thrown)
  const { statusCode = 500, code, message } = error
  const { url: route, config } = request.routeOptions
  if (statusCode === 503) reply.header('retry-after', RETRY_AFTER_SECONDS)
  const { server: { strangerLog }, ip: address } = request
  if (statusCode >= 500 && config?.isPublic === true) {
    strangerLog.write(`${route} ${code}`, { err: thrown, route }, 'a request failed')
  } else if (statusCode >= 500) {
    request.log.error({ err: thrown, route }, 'a request failed')
  } else if (config?.webhook !== undefined && !isProbe(request, statusCode)) {
    const key = `${address} ${code} ${statusCode === 429 ? '' : message}`
    strangerLog.write(key, { address, code, reason: message, route }, 'a webhook was refused')
  }
  return await reply.code(statusCode).send({ statusCode, code, error: STATUS_CODES[statusCode], message })
}

/** Of `doctor` or `connect`, and no guess: a stranger who says to be one hides nothing with it. */
function isProbe ({ headers }: FastifyRequest, statusCode: number): boolean {
  return headers['user-agent'] === PROBE_AGENT && (statusCode === 400 || !showsProof(headers))
}

function toCatalogue (error: FastifyError): FastifyError {
  const isOurs = error.code?.startsWith('BRIDGE_') === true
  return isOurs || (error.statusCode !== undefined && error.statusCode < 500) ? error : new InternalError()
}
