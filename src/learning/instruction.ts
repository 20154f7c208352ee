/** Frames of a prompt, and words with which people try to give orders to a model. */
const INSTRUCTION = /^\s*(?:system|assistant|developer|user|tool)\s*:|caller_record|\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instructions?|rules?|prompts?|guidelines?)\b|\bagents? (?:must|should|has to|have to)\b|\b(?:system prompt|you are now|you must (?:always|never|now)|as an ai)\b/iu

/**
 * Whether a text speaks to the agent, not about the caller. It knows the usual forms, in English: what it does not know is told as a
 * sentence in a block that says it is no instruction.
 */
export function readsLikeAnOrder (text: string): boolean {
  return INSTRUCTION.test(text)
}
