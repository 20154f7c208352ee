/** Call start, call end and preview, shared as `fastify.calls`. */
import fp from 'fastify-plugin'
import { endCall, type EndedCall } from '../src/calls/call-end.ts'
import { previewCall, type CallPreview } from '../src/calls/call-preview.ts'
import { startCall, type StartedCall } from '../src/calls/call-start.ts'
import type { Fields } from '../src/json.ts'
import type { Identity } from '../src/phone/caller-id.ts'

declare module 'fastify' {
  interface FastifyInstance {
    calls: {
      start: (body: Fields) => Promise<StartedCall>
      end: (envelope: Fields, isSigned: boolean) => Promise<EndedCall>
      preview: (identity: Identity) => Promise<CallPreview>
    }
  }
}

export default fp(async function callsPlugin (fastify) {
  const { callWatch } = fastify
  fastify.decorate('calls', {
    async start (body) {
      const call = await startCall(fastify, body)
      callWatch.started(body, call)
      return call
    },
    async end (envelope, isSigned) {
      const call = await endCall(fastify, envelope, isSigned)
      callWatch.ended(envelope, call)
      return call
    },
    preview: (identity) => previewCall(fastify, identity)
  })
}, {
  name: 'calls',
  dependencies: [
    'config', 'clock', 'store', 'caller-id', 'prompt-builder', 'caller-tokens', 'redaction', 'learning', 'call-watch'
  ],
  fastify: '5.x'
})
