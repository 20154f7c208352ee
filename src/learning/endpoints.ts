/** Requests to the language model and to ElevenLabs. They pause while an endpoint cannot be reached. */
import type { LearningJob } from '../../schemas/caller-record.ts'
import { createCircuitBreaker, type CircuitState } from '../circuit-breaker.ts'
import type { Conversations } from '../elevenlabs/conversations.ts'
import { ElevenLabsRefused, ElevenLabsUnavailable } from '../errors.ts'
import { turnsOf, type SpokenTurn } from '../webhook/post-call-event.ts'
import { ModelAnswerUnusable, ModelMisconfigured, ModelUnavailable } from './model-errors.ts'
import type { LearningMessage } from './model-prompt.ts'
import type { Model } from './model.ts'

export interface Endpoints {
  /** @throws {CircuitOpen} @throws what {@link Model.ask} throws */
  ask (messages: readonly LearningMessage[], signal: AbortSignal): Promise<string>
  /** Empty when the conversation is gone. @throws {CircuitOpen | ElevenLabsUnavailable | ElevenLabsRefused} */
  fetchTurns (conversationId: string, signal: AbortSignal): Promise<SpokenTurn[]>
  /** Until when the job has to wait, ISO 8601; null if it can be tried now. */
  heldUntil (job: LearningJob): string | null
  circuits (): Record<Endpoint, CircuitState>
  /** One sentence for each endpoint that cannot be reached. */
  warnings (): string[]
  endPauses (): void
}

const ENDPOINTS = ['model', 'elevenlabs'] as const
type Endpoint = (typeof ENDPOINTS)[number]

const WHEN_OPEN: Record<Endpoint, string> = {
  model: 'the language model cannot be reached; calls are waiting to be learnt from: check OPENCLAW_API_BASE_URL',
  elevenlabs: 'ElevenLabs cannot be reached; calls are waiting for their transcripts: check ELEVENLABS_API_BASE_URL'
}

const WHEN_CLOSED: Record<Endpoint, string> = {
  model: 'the language model can be reached again',
  elevenlabs: 'ElevenLabs can be reached again'
}

/** Requests to ElevenLabs at a time: if it hangs, callers whose turns are at hand still have slots. */
export const FETCHES = 4

/** When all of these are under way, the job is looked at again after this time, in milliseconds. */
const FETCH_RETRY_MS = 10_000

export interface EndpointContext {
  now: () => Date
  log: Record<'info' | 'warn', (fields: object, message: string) => void>
}

export function createEndpoints (
  { now, log }: EndpointContext, model: Model, conversations: Pick<Conversations, 'get'>
): Endpoints {
  const circuits = {
    model: circuitOf('model', wasModelReached),
    elevenlabs: circuitOf('elevenlabs', wasElevenLabsReached)
  }
  let fetching = 0

  function circuitOf (endpoint: Endpoint, wasReached: (error: unknown) => boolean | null) {
    return createCircuitBreaker({
      now,
      wasReached,
      onOpen: () => log.warn({ endpoint }, WHEN_OPEN[endpoint]),
      onClose: () => log.info({ endpoint }, WHEN_CLOSED[endpoint])
    })
  }

  return {
    ask: (messages, signal) => circuits.model.run(() => model.ask(messages, signal)),

    async fetchTurns (conversationId, signal) {
      fetching++
      try {
        const conversation = await circuits.elevenlabs.run(() => conversations.get(conversationId, signal))
        return conversation === null ? [] : turnsOf(conversation)
      } finally {
        fetching--
      }
    },

    heldUntil ({ turns }) {
      const until = circuits.model.heldUntil()
      if (until !== null || turns !== null) return until
      const isBusy = fetching >= FETCHES
      return circuits.elevenlabs.heldUntil() ??
        (isBusy ? new Date(now().getTime() + FETCH_RETRY_MS).toISOString() : null)
    },

    circuits: () => ({ model: circuits.model.state(), elevenlabs: circuits.elevenlabs.state() }),
    warnings: () => ENDPOINTS.filter((each) => circuits[each].state() !== 'closed').map((each) => WHEN_OPEN[each]),
    endPauses () {
      for (const endpoint of ENDPOINTS) circuits[endpoint].endPause()
    }
  }
}

function wasModelReached (error: unknown): boolean | null {
  if (error instanceof ModelUnavailable) return false
  return error instanceof ModelMisconfigured || error instanceof ModelAnswerUnusable ? true : null
}

function wasElevenLabsReached (error: unknown): boolean | null {
  if (error instanceof ElevenLabsUnavailable) return false
  return error instanceof ElevenLabsRefused ? true : null
}
