/** What the flows of a call need besides the storage: the time, who calls, what to mask, and what was seen so far. */
import fp from 'fastify-plugin'
import { createCallerIdReader, type CallerIdReader } from '../src/phone/caller-id.ts'
import { redactorFor } from '../src/redaction/redact.ts'
import { createCallWatch, type CallWatch } from '../src/status/call-watch.ts'
import { storableTime } from '../src/time.ts'

declare module 'fastify' {
  interface FastifyInstance {
    now: () => Date
    callerId: CallerIdReader
    /** Masks card numbers and the like unless REDACT is off. */
    redact: (text: string) => string
    callWatch: CallWatch
  }
}

export interface CallContextOptions {
  /** For tests. Default: the system's clock. */
  now?: (() => Date) | undefined
}

export default fp<CallContextOptions>(async function callContextPlugin (fastify, { now = () => new Date() }) {
  const { config } = fastify
  fastify.decorate('now', () => storableTime(now()))
  fastify.decorate('callerId', createCallerIdReader(config))
  fastify.decorate('redact', redactorFor(config.REDACT))
  fastify.decorate('callWatch', createCallWatch(fastify.now))
}, { name: 'call-context', dependencies: ['config'], fastify: '5.x' })
