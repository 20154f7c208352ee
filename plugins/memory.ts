import { randomUUID } from 'node:crypto'
import fp from 'fastify-plugin'
import { createMemory, type Memory } from '../src/memory.ts'

declare module 'fastify' {
  interface FastifyInstance {
    memory: Memory
  }
}

export default fp(async function memoryPlugin (fastify) {
  const { store, callerId, redact, now, log } = fastify
  fastify.decorate('memory', createMemory({
    store,
    callerId,
    redact,
    now,
    newId: randomUUID,
    onUnreadable: (caller) => log.error({ caller }, 'a record cannot be read: the list leaves it out')
  }))
}, { name: 'memory', dependencies: ['clock', 'store', 'caller-id', 'redaction'], fastify: '5.x' })
