/** Call start, call end and preview, shared as `fastify.calls`. */
import fp from 'fastify-plugin'
import type { EndedCall } from '../src/calls/call-end.ts'
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

/** Loaded when the bridge is ready, because it compares words, and no call start does. */
async function loadEndCall () {
  const { endCall } = await import('../src/calls/call-end.ts')
  return endCall
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
      const endCall = await loadEndCall()
      const call = await endCall(fastify, envelope, isSigned)
      callWatch.ended(envelope, call)
      return call
    },
    preview: (identity) => previewCall(fastify, identity)
  })
  // Whoever needs it meets the error.
  fastify.addHook('onReady', async () => { loadEndCall().catch(() => {}) })
}, {
  name: 'calls',
  dependencies: [
    'config', 'clock', 'store', 'caller-id', 'prompt-builder', 'caller-tokens', 'redaction', 'learning', 'call-watch'
  ],
  fastify: '5.x'
})
