/** Answers written from the current soul. */
import type { CallStartResponse } from '../../schemas/personalize.ts'
import { foreignResponse, neutralResponse, personalResponse, type ResponseInput, type ResponseSettings, type RenderedResponse } from './call-start-response.ts'
import type { Soul } from './soul.ts'

export interface PromptBuilder {
  /** For a caller with a real number, with why each line is in it. */
  personal (input: Omit<ResponseInput, 'soul'>): RenderedResponse
  /** For everybody else, and when anything fails. */
  neutral (sessionId: string): CallStartResponse
  /** For agents that are not ours. */
  foreign (sessionId: string): CallStartResponse
}

/** @param soul - asked on every call, so that an edited soul counts from the next one on */
export function createPromptBuilder (soul: () => Soul, settings: ResponseSettings): PromptBuilder {
  return {
    personal: (input) => personalResponse({ soul: soul(), ...input }, settings),
    neutral: (sessionId) => neutralResponse(soul(), sessionId, settings),
    foreign: (sessionId) => foreignResponse(soul(), sessionId)
  }
}
