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
  fastify.decorate('calls', {
    start: (body) => startCall(fastify, body),
    end: (envelope, isSigned) => endCall(fastify, envelope, isSigned),
    preview: (identity) => previewCall(fastify, identity)
  })
}, {
  name: 'calls',
  dependencies: ['config', 'clock', 'store', 'caller-id', 'prompt-builder', 'caller-tokens', 'redaction', 'learning'],
  fastify: '5.x'
})
