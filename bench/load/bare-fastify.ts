/** The least that Fastify can do: parses the body as JSON, answers the bytes of the file that it was given. Run as a process. */
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { fastify } from 'fastify'

const answer = readFileSync(process.argv[2]!)

const app = fastify()
app.post('/webhook/personalize', (_request, reply) => {
  reply.type('application/json; charset=utf-8').send(answer)
})
await app.listen({ host: '127.0.0.1', port: 0 })
process.send?.((app.server.address() as AddressInfo).port)
