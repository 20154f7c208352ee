/** Requests to the language model and to ElevenLabs. They pause while an endpoint cannot be reached. */
import type { LearningJob } from '../../schemas/caller-record.ts'
import { createCircuitBreaker } from '../circuit-breaker.ts'
import type { Conversations } from '../elevenlabs/conversations.ts'
import { ElevenLabsRefused, ElevenLabsUnavailable } from '../errors.ts'
import { turnsOf, type SpokenTurn } from '../webhook/post-call-event.ts'
import { ModelAnswerUnusable, ModelMisconfigured, ModelUnavailable } from './model-errors.ts'
import type { LearningMessage } from './model-prompt.ts'
import type { Model } from './model.ts'

const MESSAGES = {
  model: {
    open: 'the language model cannot be reached; calls are waiting to be learnt from: check OPENCLAW_API_BASE_URL',
    closed: 'the language model can be reached again'
  },
  elevenlabs: {
    open: 'ElevenLabs cannot be reached; calls are waiting for their transcripts: check ELEVENLABS_API_BASE_URL',
    closed: 'ElevenLabs can be reached again'
  }
}

/** Requests to ElevenLabs at a time: if it hangs, callers whose turns are at hand still have slots. */
export const FETCHES = 4

/** When all of these are under way, the job is looked at again after this time, in milliseconds. */
const FETCH_RETRY_MS = 10_000

export interface EndpointContext {
  now: () => Date
  log: Record<'info' | 'warn', (fields: object, message: string) => void>
}

export type Endpoints = ReturnType<typeof createEndpoints>

export function createEndpoints (
  { now, log }: EndpointContext, model: Model, conversations: Pick<Conversations, 'get'>
) {
  const circuits = {
    model: circuitOf('model', (error) => error instanceof ModelUnavailable
      ? false
      : error instanceof ModelMisconfigured || error instanceof ModelAnswerUnusable || null),
    elevenlabs: circuitOf('elevenlabs', (error) => error instanceof ElevenLabsUnavailable
      ? false
      : error instanceof ElevenLabsRefused || null)
  }
  let fetching = 0

  function circuitOf (endpoint: keyof typeof MESSAGES, wasReached: (error: unknown) => boolean | null) {
    return createCircuitBreaker({
      now,
      wasReached,
      onOpen: () => log.warn({ endpoint }, MESSAGES[endpoint].open),
      onClose: () => log.info({ endpoint }, MESSAGES[endpoint].closed)
    })
  }

  return {
    /** @throws {CircuitOpen} @throws what {@link Model.ask} throws */
    ask: (messages: readonly LearningMessage[], signal: AbortSignal) =>
      circuits.model.run(() => model.ask(messages, signal)),

    /** Empty when the conversation is gone. @throws {CircuitOpen | ElevenLabsUnavailable | ElevenLabsRefused} */
    async fetchTurns (conversationId: string, signal: AbortSignal): Promise<SpokenTurn[]> {
      fetching++
      try {
        const conversation = await circuits.elevenlabs.run(() => conversations.get(conversationId, signal))
        return conversation === null ? [] : turnsOf(conversation)
      } finally {
        fetching--
      }
    },

    /** Until when the job has to wait, ISO 8601; null if it can be tried now. */
    heldUntil ({ turns }: LearningJob): string | null {
      const until = circuits.model.heldUntil() ?? (turns === null ? circuits.elevenlabs.heldUntil() : null)
      if (until !== null || turns !== null || fetching < FETCHES) return until
      return new Date(now().getTime() + FETCH_RETRY_MS).toISOString()
    },

    circuits: () => ({ model: circuits.model.state(), elevenlabs: circuits.elevenlabs.state() }),

    /** One sentence for each endpoint that cannot be reached. */
    warnings: () => (['model', 'elevenlabs'] as const)
      .filter((endpoint) => circuits[endpoint].state() !== 'closed')
      .map((endpoint) => MESSAGES[endpoint].open),

    endPauses (): void {
      circuits.model.endPause()
      circuits.elevenlabs.endPause()
    }
  }
}
