/**
 * Guards the webhooks: checks the secret in the header or the signature over the raw body, limits size and number of
 * bodies, and parses JSON whatever the content type. A route sets its limits in `config.webhook`.
 */
import { finished } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import fastifyRateLimit from '@fastify/rate-limit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { BodyNotJson, BodyNotObject, BodyTooLarge, WebhookRefused, WebhookThrottled } from '../src/errors.ts'
import { isFields, type Fields } from '../src/json.ts'
import { LARGE_BODY_BYTES, readBody, type BodyLimits } from '../src/webhook/body-reader.ts'
import { PROBE_AGENT } from '../src/status/call-watch.ts'
import {
  examineHeaders, showsProof, showsStaticSecret, signatureMismatch, webhookSecrets, type Proof
} from '../src/webhook/guard.ts'
import { createLargeBodies } from '../src/webhook/large-bodies.ts'

declare module 'fastify' {
  interface FastifyRequest {
    isSigned: boolean
    webhookProof: Proof
    outgoing: FastifyReply['raw']
  }
  interface FastifyContextConfig {
    webhook?: BodyLimits & { acceptsHeader: boolean }
  }
}

/** Bodies above 128 KB in memory at the same time, until their response is sent; others wait. */
const MAX_LARGE_BODIES = 4

/** Wrong secrets in the header per minute from one address; more get 429. */
export const MAX_WRONG_SECRETS = 60

export default fp(async function webhookGuardPlugin (fastify) {
  const secrets = webhookSecrets(fastify.config)
  const largeBodies = createLargeBodies(MAX_LARGE_BODIES)
  await fastify.register(fastifyRateLimit, { global: false })
  const countWrongSecret = fastify.createRateLimit({ max: MAX_WRONG_SECRETS, timeWindow: '1 minute' })
  fastify.decorateRequest('isSigned', false)
  fastify.decorateRequest('webhookProof', 'open')
  fastify.decorateRequest('outgoing')

  fastify.addHook('onRequest', async function examineRequest (request, reply) {
    const { acceptsHeader, maxBytes, maxAudioBytes } = limitsOf(request)
    const nowSeconds = Math.floor(fastify.now().getTime() / 1000)
    try {
      request.webhookProof = examineHeaders(request.headers, secrets, acceptsHeader, nowSeconds)
      const limit = Math.max(maxBytes, maxAudioBytes ?? 0)
      if (Number(request.headers['content-length'] ?? 0) > limit) throw new BodyTooLarge(limit)
    } catch (refusal) {
      // Otherwise the connection would stay open for the rest of a body that nobody reads.
      reply.header('connection', 'close')
      if (acceptsHeader && refusal instanceof WebhookRefused && showsStaticSecret(request.headers)) {
        const guesses = await countWrongSecret(request)
        if (!guesses.isAllowed && guesses.isExceeded) {
          reply.header('retry-after', guesses.ttlInSeconds)
          throw new WebhookThrottled(guesses.ttlInSeconds)
        }
      }
      throw refusal
    }
    if (request.webhookProof === 'header') fastify.connections.trust(request.raw.socket)
    // ElevenLabs does not document its content type, so it must not matter: everything goes to the parser below.
    request.headers['content-type'] = 'application/json'
    request.outgoing = reply.raw
  })

  fastify.addHook('onError', async (request, _reply, error) => {
    const { headers } = request
    // Without any proof it is a scan.
    const isCounted = showsProof(headers) && headers['user-agent'] !== PROBE_AGENT
    if (!isCounted || !(error instanceof WebhookRefused)) return
    fastify.callWatch.refused(limitsOf(request).acceptsHeader ? 'personalize' : 'post_call', error.message)
  })

  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('*', async function parseWebhook (
    request: FastifyRequest, payload: FastifyRequest['raw']
  ): Promise<Fields> {
    const { webhookProof: proof, outgoing } = request
    const limits = limitsOf(request)
    const check = typeof proof === 'string' ? null : proof
    const body = await readBody(payload, {
      ...limits,
      check,
      takeLargeSlot (large) {
        // Held until the response is sent or the connection is gone, because the body stays in memory until then.
        finished(outgoing, () => largeBodies.leave(large))
        return largeBodies.takeSlot(large)
      }
    })
    if (check !== null) {
      if (!check.matches()) throw signatureMismatch(limits.acceptsHeader)
      request.isSigned = true
      fastify.connections.trust(request.raw.socket)
    }
    if (body === null) return { type: 'post_call_audio' }
    const fields = parseObject(body)
    // Parsing a large body blocks the event loop, so other requests get a turn before the handler runs.
    if (body.length > LARGE_BODY_BYTES) await setImmediate()
    return fields
  })
}, { name: 'webhook-guard', dependencies: ['config', 'call-context', 'connections'], fastify: '5.x' })

function limitsOf (request: FastifyRequest) {
  const limits = request.routeOptions.config.webhook
  if (limits === undefined) throw new Error(`${request.routeOptions.url} has no webhook limits`)
  return limits
}

const utf8 = new TextDecoder()

function parseObject (body: Buffer): Fields {
  let value: unknown
  try {
    // This drops a byte order mark, toString does not. A key named __proto__ does no harm, because these objects
    // are never merged: only named fields are read.
    value = JSON.parse(utf8.decode(body))
  } catch (error) {
    if (error instanceof SyntaxError) throw new BodyNotJson()
    throw error
  }
  if (!isFields(value)) throw new BodyNotObject()
  return value
}
