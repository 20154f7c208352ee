/** One form for every error: clients are told what they can mend, the log what only we can. */
import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { BodyNotJson, BodyTooLarge, InternalError, RequestInvalid, RouteUnknown } from './errors.ts'

/** Seconds after which a client may try again when the storage failed. */
const RETRY_AFTER_SECONDS = 5

/** Fastify's own errors that a client can cause, under the codes of our catalogue. */
const TRANSLATED: Record<string, (error: FastifyError, request: FastifyRequest) => FastifyError> = {
  FST_ERR_CTP_BODY_TOO_LARGE: (_error, request) => new BodyTooLarge(request.routeOptions.bodyLimit),
  FST_ERR_CTP_INVALID_JSON_BODY: () => new BodyNotJson(),
  FST_ERR_CTP_EMPTY_JSON_BODY: () => new BodyNotJson(),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => new RequestInvalid('The content type is not application/json: send JSON')
}

/** Answers what was thrown. 4xx keep their message; of a 5xx outside the catalogue only the log hears. */
export async function answerError (thrown: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  const error = toCatalogue(TRANSLATED[thrown.code]?.(thrown, request) ?? thrown)
  const { statusCode = 500 } = error
  if (statusCode === 503) reply.header('retry-after', RETRY_AFTER_SECONDS)
  if (statusCode >= 500) request.log.error({ err: thrown, route: request.routeOptions.url }, 'a request failed')
  return await reply.code(statusCode).send({
    statusCode, code: error.code, error: STATUS_CODES[statusCode], message: error.message
  })
}

/** Answers a request for a route that does not exist. */
export async function answerUnknownRoute (request: FastifyRequest, reply: FastifyReply) {
  return await answerError(new RouteUnknown(), request, reply)
}

function toCatalogue (error: FastifyError): FastifyError {
  const isOurs = error.code?.startsWith('BRIDGE_') === true
  return isOurs || (error.statusCode !== undefined && error.statusCode < 500) ? error : new InternalError()
}
