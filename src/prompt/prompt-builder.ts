/** Answers written from the current soul. */
import type { CallStartAnswer } from '../../schemas/personalize.ts'
import { foreignAnswer, neutralAnswer, personalAnswer, type AnswerInput, type AnswerSettings, type RenderedAnswer } from './call-start-answer.ts'
import type { Soul } from './soul.ts'

export interface PromptBuilder {
  /** For a caller with a real number, with why each line is in it. */
  personal (input: Omit<AnswerInput, 'soul'>): RenderedAnswer
  /** For everybody else, and when anything fails. */
  neutral (sessionId: string): CallStartAnswer
  /** For agents that are not ours. */
  foreign (sessionId: string): CallStartAnswer
}

/** @param soul - asked on every call, so that an edited soul counts from the next one on */
export function createPromptBuilder (soul: () => Soul, settings: AnswerSettings): PromptBuilder {
  return {
    personal: (input) => personalAnswer({ soul: soul(), ...input }, settings),
    neutral: (sessionId) => neutralAnswer(soul(), sessionId, settings),
    foreign: (sessionId) => foreignAnswer(soul(), sessionId)
  }
}
