/** The least that Fastify can do: parses the body as JSON and sends the bytes of a file. Its own process. */
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { fastify } from 'fastify'

const bytes = readFileSync(process.argv[2]!)

const app = fastify()
app.post('/webhook/personalize', (_request, reply) => {
  reply.type('application/json; charset=utf-8').send(bytes)
})
await app.listen({ host: '127.0.0.1', port: 0 })
process.send?.((app.server.address() as AddressInfo).port)
