/** Swagger UI at /docs. It is public, so each page is made and compressed once, and then sent from memory. */
import { createHash, randomUUID } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import type { OutgoingHttpHeaders } from 'node:http'
import { pipeline } from 'node:stream'
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

/** Swagger UI needs inline styles. */
const CONTENT_SECURITY_POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; " +
  "object-src 'none'; base-uri 'self'; frame-ancestors 'none'"

/** Marks our own request that makes a page, with a random value that strangers cannot know. */
const MAKING = 'x-making-page'

/**
 * Pages are sent in pieces, and only a few pieces per turn of the event loop: writing a whole page to a socket takes
 * two milliseconds, in which calls would have to wait.
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
    const response = await fastify.inject({ url: path, headers: { [MAKING]: making } })
    const { statusCode, headers, rawPayload: plain } = response
    if (statusCode !== 200) throw new RouteUnknown()
    return {
      headers: {
        'content-type': String(headers['content-type']),
        'content-security-policy': CONTENT_SECURITY_POLICY,
        'cache-control': 'no-cache',
        vary: 'accept-encoding',
        // Weak, because it covers both encodings.
        etag: `W/"${createHash('sha256').update(plain).digest('base64url')}"`
      },
      plain,
      gzipped: await compress(plain)
    }
  }

  // Fastify warns about each response whose client is gone: strangers could fill the log.
  await fastify.register(docsScope, { logLevel: 'error' })

  async function docsScope (docs: FastifyInstance): Promise<void> {
    docs.addHook('onRequest', async function sendPage (request, reply) {
      if (request.headers[MAKING] === making) return
      const [path = ''] = request.url.split('?')
      if (!paths.has(path)) throw new RouteUnknown()
      if (!pages.has(path)) pages.set(path, makePage(path))
      const { headers, plain, gzipped } = await pages.get(path)!
      const isCached = request.headers['if-none-match']?.includes(headers['etag']!) === true
      const takesGzip = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(request.headers['accept-encoding'] ?? '')
      const body = takesGzip ? gzipped : plain
      const encoding = isCached || !takesGzip ? {} : { 'content-encoding': 'gzip' }
      // Hijacked: if the client is gone, Fastify would run the route handler, which makes the page again.
      const { raw } = reply.headers({ ...headers, ...encoding }).hijack()
      if (isCached) raw.writeHead(304, reply.getHeaders() as OutgoingHttpHeaders).end()
      else {
        raw.writeHead(200, { ...reply.getHeaders() as OutgoingHttpHeaders, 'content-length': body.length })
        if (request.method === 'HEAD') raw.end()
        // It stops when the client is gone.
        else pipeline(piecesOf(body), raw, () => {})
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

async function * piecesOf (body: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < body.length; at += PIECE_BYTES) {
    yield body.subarray(at, at + PIECE_BYTES)
    await turns(() => setImmediate())
  }
}
