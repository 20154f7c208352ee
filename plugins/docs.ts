/**
 * Swagger UI over the OpenAPI document, at /docs, unless DOCS is off. Anybody may ask for it, so each page is made once,
 * at its first request, and sent to everybody from the same memory, compressed where the client takes that.
 */
import { createHash, randomUUID } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import pLimit from 'p-limit'
import { RouteUnknown } from '../src/errors.ts'

interface Page {
  headers: Record<string, string>
  plain: Buffer
  gzipped: Buffer
}

/** Swagger UI sets styles inline; scripts come from this server alone, and nothing is loaded from elsewhere. */
const CONTENT_SECURITY_POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'"

/** A request of our own that makes a page, told by a value that nobody else knows. */
const MAKING = 'x-making-page'

/**
 * Pages go out in pieces, so many bytes each, and so many in one turn of the event loop: to hand a whole one to the system
 * takes two milliseconds, and calls get their turn in between.
 */
const PIECE_BYTES = 64 * 1024
const turns = pLimit(8)

const compress = promisify(gzip)

export default fp(async function docsPlugin (fastify) {
  if (fastify.config.DOCS === 'off') return
  const { default: fastifySwaggerUi } = await import('@fastify/swagger-ui')
  const files = await readdir(new URL('static/', import.meta.resolve('@fastify/swagger-ui')))
  const names = ['', '/', '/json', '/yaml', '/static/swagger-initializer.js', ...files.map((file) => `/static/${file}`)]
  const paths = new Set(names.map((name) => `/docs${name}`))
  const pages = new Map<string, Promise<Page>>()
  const making = randomUUID()

  async function makePage (path: string): Promise<Page> {
    const { statusCode, headers, rawPayload: plain } = await fastify.inject({ url: path, headers: { [MAKING]: making } })
    if (statusCode !== 200) throw new RouteUnknown()
    return {
      headers: {
        'content-type': String(headers['content-type']),
        'content-security-policy': CONTENT_SECURITY_POLICY,
        'cache-control': 'no-cache',
        vary: 'accept-encoding',
        // Weak: it stands for both encodings.
        etag: `W/"${createHash('sha256').update(plain).digest('base64url')}"`
      },
      plain,
      gzipped: await compress(plain)
    }
  }

  // Fastify warns of each response that nobody is there to read any more: strangers could fill the log.
  await fastify.register(docsScope, { logLevel: 'error' })

  async function docsScope (docs: FastifyInstance): Promise<void> {
    docs.addHook('onRequest', async function sendPage (request, reply) {
      if (request.headers[MAKING] === making) return
      const [path = ''] = request.url.split('?')
      if (!paths.has(path)) throw new RouteUnknown()
      if (!pages.has(path)) pages.set(path, makePage(path))
      const { headers, plain, gzipped } = await pages.get(path)!
      const isKnown = request.headers['if-none-match']?.includes(headers['etag']!) === true
      const takesGzip = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(request.headers['accept-encoding'] ?? '')
      const body = takesGzip ? gzipped : plain
      // Of a request that was broken off Fastify would go on to the route, and make the page again.
      const { raw } = reply.headers({ ...headers, ...(isKnown || !takesGzip ? {} : { 'content-encoding': 'gzip' }) }).hijack()
      if (isKnown) raw.writeHead(304, reply.getHeaders() as OutgoingHttpHeaders).end()
      else {
        raw.writeHead(200, { ...reply.getHeaders() as OutgoingHttpHeaders, 'content-length': body.length })
        if (request.method === 'HEAD') raw.end()
        else send(body, raw)
      }
      return reply
    })
    await docs.register(fastifySwaggerUi, {
      routePrefix: '/docs',
      staticCSP: CONTENT_SECURITY_POLICY,
      theme: { title: 'Memory bridge' },
      uiConfig: { persistAuthorization: true, tryItOutEnabled: true, docExpansion: 'list' }
    })
  }
}, { name: 'docs', dependencies: ['config', 'openapi', 'error-responses'], fastify: '5.x' })

function send (body: Buffer, response: ServerResponse): void {
  const pieces = Readable.from(piecesOf(body))
  response.once('close', () => pieces.destroy())
  pieces.pipe(response)
}

async function * piecesOf (body: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < body.length; at += PIECE_BYTES) {
    yield body.subarray(at, at + PIECE_BYTES)
    await turns(() => setImmediate())
  }
}
