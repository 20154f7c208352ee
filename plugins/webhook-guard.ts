/**
 * The webhook guard for the scope it is registered in: static header or signature over the raw bytes, limits on
 * size and number, JSON whatever the content type. Shares `request.isSigned`; a route sets its limits in `config.webhook`.
 */
import { finished } from 'node:stream/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import pLimit from 'p-limit'
import { BodyNotJson, BodyNotObject, BodyTooLarge } from '../src/errors.ts'
import { readBody, type BodyLimits } from '../src/webhook/body-reader.ts'
import { examineHeaders, signatureMismatch, webhookSecrets, type Proof } from '../src/webhook/guard.ts'
import { isFields, type Fields } from '../src/webhook/json-fields.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether a valid signature covered the body. */
    isSigned: boolean
    webhookProof: Proof
    /** Where the answer will go out. */
    outgoing: FastifyReply['raw']
  }
  interface FastifyContextConfig {
    webhook?: BodyLimits & { acceptsHeader: boolean }
  }
}

export interface WebhookGuardOptions {
  /** The clock. */
  now: () => Date
}

/** Bodies above 128 KB that are held at the same time, from reading to the answer; others wait. */
const MAX_LARGE_BODIES = 4

export default fp<WebhookGuardOptions>(async function webhookGuardPlugin (fastify, { now }) {
  const secrets = webhookSecrets(fastify.config)
  const places = pLimit(MAX_LARGE_BODIES)
  fastify.decorateRequest('isSigned', false)
  fastify.decorateRequest('webhookProof', 'open')
  fastify.decorateRequest('outgoing')

  fastify.addHook('onRequest', async function examineRequest (request, reply) {
    const { acceptsHeader, maxBytes, maxAudioBytes } = limitsOf(request)
    try {
      request.webhookProof = examineHeaders(request.headers, secrets, acceptsHeader, Math.floor(now().getTime() / 1000))
      const limit = Math.max(maxBytes, maxAudioBytes ?? 0)
      if (Number(request.headers['content-length'] ?? 0) > limit) throw new BodyTooLarge(limit)
    } catch (refusal) {
      // The sender may still have a large body to send: the connection is not kept for it.
      reply.header('connection', 'close')
      throw refusal
    }
    // ElevenLabs does not document its content type, so it must not matter: everything goes to the parser below.
    request.headers['content-type'] = 'application/json'
    request.outgoing = reply.raw
  })

  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('*', async function parseWebhook (request: FastifyRequest, payload: FastifyRequest['raw']): Promise<Fields> {
    const { webhookProof: proof, outgoing } = request
    const limits = limitsOf(request)
    const check = typeof proof === 'string' ? null : proof
    const body = await readBody(payload, { ...limits, takeLargePlace: () => takePlace(outgoing), onChunk: (chunk) => check?.update(chunk) })
    if (check !== null) {
      if (!check.matches()) throw signatureMismatch(limits.acceptsHeader)
      request.isSigned = true
    }
    return body === null ? { type: 'post_call_audio' } : parseObject(body)
  })

  /** Resolves when there is a place. It is kept until the answer is out, or the connection gone. */
  function takePlace (outgoing: FastifyReply['raw']): Promise<void> {
    return new Promise((resolve, reject) => {
      places(async () => {
        resolve()
        await finished(outgoing).catch(() => { /* the connection is gone */ })
      }).catch(reject)
    })
  }
}, { name: 'webhook-guard', dependencies: ['config'], fastify: '5.x' })

function limitsOf (request: FastifyRequest) {
  const limits = request.routeOptions.config.webhook
  if (limits === undefined) throw new Error(`${request.routeOptions.url} has no webhook limits`)
  return limits
}

function parseObject (body: Buffer): Fields {
  let value: unknown
  try {
    // A decoder, unlike toString, drops a byte order mark. Nothing is ever merged from these
    // objects, only named fields are read, so a key named __proto__ is a key like any other.
    value = JSON.parse(new TextDecoder().decode(body))
  } catch (error) {
    if (error instanceof SyntaxError) throw new BodyNotJson()
    throw error
  }
  if (!isFields(value)) throw new BodyNotObject()
  return value
}
