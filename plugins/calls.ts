/** Call start, call end and preview, shared as `fastify.calls`. Logs failures that a response must not show. */
import { randomUUID } from 'node:crypto'
import fp from 'fastify-plugin'
import { createEndCall, type EndCall } from '../src/calls/call-end.ts'
import { createPreviewCall, type PreviewCall } from '../src/calls/call-preview.ts'
import { createStartCall, type StartCall, type CallTrace } from '../src/calls/call-start.ts'

declare module 'fastify' {
  interface FastifyInstance {
    calls: {
      start: StartCall
      end: EndCall
      preview: PreviewCall
    }
  }
}

export interface CallsOptions {
  now: () => Date
}

export default fp<CallsOptions>(async function callsPlugin (fastify, { now }) {
  const { config, store, callerId, promptBuilder, unrecordedCalls, redact, learning, log } = fastify
  const logFailure = (err: unknown, { caller, callSid }: CallTrace) => {
    log.error({ caller, call_sid: callSid, err }, 'a call start could not be personalised')
  }
  const parts = { store, callerId, promptBuilder, agentIds: config.ELEVENLABS_AGENT_ID, now, newId: randomUUID }
  fastify.decorate('calls', {
    start: createStartCall({
      ...parts,
      timeoutMs: config.PERSONALIZE_TIMEOUT_MS,
      onNotesMissing: logFailure,
      onUnrecorded (error, call) {
        unrecordedCalls.count++
        logFailure(error, call)
      }
    }),
    end: createEndCall({
      ...parts,
      redact,
      isLearning: config.LEARN_FROM_TRANSCRIPT,
      isTranscriptKept: config.STORE_TRANSCRIPTS,
      onQueued: learning.wake
    }),
    preview: createPreviewCall(parts)
  })
}, {
  name: 'calls',
  dependencies: ['config', 'store', 'caller-id', 'prompt-builder', 'redaction', 'learning'],
  fastify: '5.x'
})
