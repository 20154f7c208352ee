import type { CallStartResponse } from '../../schemas/personalize.ts'
import {
  foreignResponse,
  neutralResponse,
  personalResponse,
  type RenderedResponse,
  type ResponseInput,
  type ResponseSettings
} from './call-start-response.ts'
import type { Soul } from './soul.ts'

export interface PromptBuilder {
  personal (input: Omit<ResponseInput, 'soul'>): RenderedResponse
  neutral (sessionId: string): CallStartResponse
  /** For agents that are not ours. */
  foreign (sessionId: string): CallStartResponse
}

/** @param soul - read for every response, so that an edit of the soul takes effect at once */
export function createPromptBuilder (soul: () => Soul, settings: ResponseSettings): PromptBuilder {
  return {
    personal: (input) => personalResponse({ soul: soul(), ...input }, settings),
    neutral: (sessionId) => neutralResponse(soul(), sessionId, settings),
    foreign: (sessionId) => foreignResponse(soul(), sessionId)
  }
}
