import { randomUUID } from 'node:crypto'
import fp from 'fastify-plugin'
import { createMemory, type Memory } from '../src/memory.ts'

declare module 'fastify' {
  interface FastifyInstance {
    memory: Memory
  }
}

export interface MemoryOptions {
  now: () => Date
}

export default fp<MemoryOptions>(async function memoryPlugin (fastify, { now }) {
  const { store, callerId, redact, log } = fastify
  fastify.decorate('memory', createMemory({
    store,
    callerId,
    redact,
    now,
    newId: randomUUID,
    onUnreadable: (caller) => log.error({ caller }, 'a record cannot be read: the list leaves it out')
  }))
}, { name: 'memory', dependencies: ['store', 'caller-id', 'redaction'], fastify: '5.x' })
