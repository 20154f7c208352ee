/**
 * What happens at ring, after the call and in a preview, shared as `fastify.calls`. Failures that a call's
 * answer must not show are logged here.
 */
import { randomUUID } from 'node:crypto'
import fp from 'fastify-plugin'
import { createCallEndTaker, type CallEndTaker } from '../src/calls/call-end.ts'
import { createCallPreviewer, type CallPreviewer } from '../src/calls/call-preview.ts'
import { createCallStartAnswerer, type CallStartAnswerer, type CallTrace } from '../src/calls/call-start.ts'

declare module 'fastify' {
  interface FastifyInstance {
    calls: {
      start: CallStartAnswerer
      end: CallEndTaker
      preview: CallPreviewer
    }
  }
}

export interface CallsOptions {
  /** The clock. */
  now: () => Date
}

export default fp<CallsOptions>(async function callsPlugin (fastify, { now }) {
  const { config, store, callerId, promptBuilder, unrecordedCalls, redact, learning, log } = fastify
  const logFailure = (err: unknown, { caller, callSid }: CallTrace) => {
    log.error({ caller, call_sid: callSid, err }, 'a call start could not be personalised')
  }
  const parts = { store, callerId, promptBuilder, agentIds: config.ELEVENLABS_AGENT_ID, now, newId: randomUUID }
  fastify.decorate('calls', {
    start: createCallStartAnswerer({
      ...parts,
      timeoutMs: config.PERSONALIZE_TIMEOUT_MS,
      onNotesMissing: logFailure,
      onUnrecorded (error, call) {
        unrecordedCalls.count++
        logFailure(error, call)
      }
    }),
    end: createCallEndTaker({
      ...parts,
      redact,
      isLearning: config.LEARN_FROM_TRANSCRIPT,
      isTranscriptKept: config.STORE_TRANSCRIPTS,
      onWork: learning.wake
    }),
    preview: createCallPreviewer(parts)
  })
}, { name: 'calls', dependencies: ['config', 'store', 'caller-id', 'prompt-builder', 'redaction', 'learning'], fastify: '5.x' })
