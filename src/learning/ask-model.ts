import type { ModelAnswer } from '../../schemas/model-answer.ts'
import { learningMessages, type LearningInput } from './messages.ts'
import { ModelAnswerUnusable } from './model-errors.ts'
import type { Model } from './model.ts'
import { readAnswer, type ReadAnswer } from './read-answer.ts'

/**
 * Asks about one part of a call after the other. The last name and language win. Nothing is asked, and the answer is
 * empty, when the caller said nothing.
 *
 * @throws what {@link Model.ask} throws; also when one part has no readable answer: half a call is not learnt from
 */
export async function askAll (model: Model, input: LearningInput, signal: AbortSignal): Promise<ReadAnswer> {
  let answer: ModelAnswer = { operations: [], caller_name: null, language: null, open_items: [] }
  let malformed = 0
  for (const messages of learningMessages(input)) {
    const part = readAnswer(await model.ask(messages, signal))
    if (part === null) throw new ModelAnswerUnusable('it is not the JSON that was asked for, or is cut off')
    answer = joined(answer, part.answer)
    malformed += part.malformed
  }
  return { answer, malformed }
}

function joined (before: ModelAnswer, after: ModelAnswer): ModelAnswer {
  return {
    operations: [...before.operations, ...after.operations],
    caller_name: after.caller_name ?? before.caller_name,
    language: after.language ?? before.language,
    open_items: [...before.open_items, ...after.open_items]
  }
}
