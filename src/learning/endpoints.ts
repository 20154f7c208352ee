/** Requests to the language model and to ElevenLabs. They pause while an endpoint cannot be reached. */
import type { LearningJob } from '../../schemas/caller-record.ts'
import type { Warning } from '../../schemas/status.ts'
import { ElevenLabsRefused, ElevenLabsUnavailable } from '../errors.ts'
import type { Fields } from '../json.ts'
import { warningText } from '../log.ts'
import { turnsOf, type SpokenTurn } from '../webhook/post-call-event.ts'
import { createCircuitBreaker } from './circuit-breaker.ts'
import { ModelAnswerUnusable, ModelMisconfigured, ModelUnavailable } from './model-errors.ts'
import type { LearningMessage } from './model-prompt.ts'
import type { Model } from './model.ts'

const NAMES = { model: 'the language model', elevenlabs: 'ElevenLabs' }

const WARNINGS: Record<keyof typeof NAMES, Warning> = {
  model: {
    code: 'model_unreachable',
    message: 'The language model cannot be reached; calls are waiting to be learnt from.',
    remedy: 'Check OPENCLAW_API_BASE_URL.'
  },
  elevenlabs: {
    code: 'elevenlabs_unreachable',
    message: 'ElevenLabs cannot be reached; calls are waiting for their transcripts.',
    remedy: 'Check ELEVENLABS_API_BASE_URL.'
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
  { now, log }: EndpointContext,
  { ask }: Model,
  getConversation: (conversationId: string, signal: AbortSignal) => Promise<Fields | null>
) {
  const circuitOf = (endpoint: keyof typeof NAMES, wasReached: (error: unknown) => boolean | null) =>
    createCircuitBreaker({
      now,
      wasReached,
      onOpen: () => log.warn({ endpoint }, warningText(WARNINGS[endpoint])),
      onClose: () => log.info({ endpoint }, `${NAMES[endpoint]} can be reached again`)
    })
  const model = circuitOf('model', (error) => error instanceof ModelUnavailable
    ? false
    : error instanceof ModelMisconfigured || error instanceof ModelAnswerUnusable || null)
  const elevenlabs = circuitOf('elevenlabs', (error) => error instanceof ElevenLabsUnavailable
    ? false
    : error instanceof ElevenLabsRefused || null)
  let fetching = 0

  return {
    /** @throws {CircuitOpen} @throws what {@link Model.ask} throws */
    ask: (messages: readonly LearningMessage[], signal: AbortSignal) => model.run(() => ask(messages, signal)),

    /** Empty when the conversation is gone. @throws {CircuitOpen | ElevenLabsUnavailable | ElevenLabsRefused} */
    async fetchTurns (conversationId: string, signal: AbortSignal): Promise<SpokenTurn[]> {
      fetching++
      try {
        const conversation = await elevenlabs.run(() => getConversation(conversationId, signal))
        return conversation === null ? [] : turnsOf(conversation)
      } finally {
        fetching--
      }
    },

    /** Until when the job has to wait, ISO 8601; null if it can be tried now. */
    heldUntil ({ turns }: LearningJob): string | null {
      const until = model.heldUntil() ?? (turns === null ? elevenlabs.heldUntil() : null)
      if (until !== null || turns !== null || fetching < FETCHES) return until
      return new Date(now().getTime() + FETCH_RETRY_MS).toISOString()
    },

    circuits: () => ({ model: model.state(), elevenlabs: elevenlabs.state() }),

    health: () => ({ model: model.health(), elevenlabs: elevenlabs.health() }),

    /** One for each endpoint that cannot be reached. */
    warnings: (): Warning[] => [
      ...model.state() === 'closed' ? [] : [WARNINGS.model],
      ...elevenlabs.state() === 'closed' ? [] : [WARNINGS.elevenlabs]
    ],

    endPauses (): void {
      model.endPause()
      elevenlabs.endPause()
    }
  }
}
