/**
 * One form for every error: clients are told what they can mend, the log what only we can. Refused webhooks are
 * logged too, because nobody at ElevenLabs reads the answer.
 */
import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { BodyNotJson, BodyTooLarge, InternalError, RequestInvalid, RouteUnknown } from '../src/errors.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Anybody can ask, and so make it fail, as often as they like. */
    isPublic?: boolean
  }
}

/** Seconds after which a client may try again when the storage failed. */
const RETRY_AFTER_SECONDS = 5

/** Fastify's own errors that a client can cause, under the codes of our catalogue. */
const TRANSLATED: Record<string, (request: FastifyRequest) => FastifyError> = {
  FST_ERR_CTP_BODY_TOO_LARGE: (request) => new BodyTooLarge(request.routeOptions.bodyLimit),
  FST_ERR_CTP_INVALID_JSON_BODY: () => new BodyNotJson(),
  FST_ERR_CTP_EMPTY_JSON_BODY: () => new BodyNotJson(),
  FST_ERR_BAD_URL: () => new RequestInvalid('The URL is malformed'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => new RequestInvalid('The content type is not application/json: send JSON')
}

export default fp(async function errorResponsesPlugin (fastify) {
  fastify.setErrorHandler(sendError)
  // Before the body is read: nobody needs it.
  fastify.addHook('onRequest', async (request) => { if (request.is404) throw new RouteUnknown() })
  fastify.setNotFoundHandler(async (request, reply) => await sendError(new RouteUnknown(), request, reply))
}, { name: 'error-responses', dependencies: ['stranger-log'], fastify: '5.x' })

/** Answers what was thrown, by a handler or by Fastify itself. 4xx keep their message; of a 5xx outside the catalogue only the log hears. */
export async function sendError (thrown: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  const error = toCatalogue(TRANSLATED[thrown.code]?.(request) ?? thrown)
  const { statusCode = 500, code, message } = error
  const { url: route, config } = request.routeOptions
  if (statusCode === 503) reply.header('retry-after', RETRY_AFTER_SECONDS)
  const { server: { strangerLog }, ip: address } = request
  if (statusCode >= 500 && config?.isPublic === true) {
    strangerLog.write(`${route} ${code}`, { err: thrown, route }, 'a request failed')
  } else if (statusCode >= 500) {
    request.log.error({ err: thrown, route }, 'a request failed')
  } else if (config?.webhook !== undefined) {
    strangerLog.write(`${address} ${code} ${statusCode === 429 ? '' : message}`, { address, code, reason: message, route }, 'a webhook was refused')
  }
  return await reply.code(statusCode).send({ statusCode, code, error: STATUS_CODES[statusCode], message })
}

function toCatalogue (error: FastifyError): FastifyError {
  const isOurs = error.code?.startsWith('BRIDGE_') === true
  return isOurs || (error.statusCode !== undefined && error.statusCode < 500) ? error : new InternalError()
}
