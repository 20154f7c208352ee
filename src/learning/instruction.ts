/** Role labels and fences of a prompt, and phrases of prompt injection. */
const INSTRUCTION = /^\s*(?:system|assistant|developer|user|tool)\s*:|caller_record|\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instructions?|rules?|prompts?|guidelines?)\b|\bagents? (?:must|should|has to|have to)\b|\b(?:system prompt|you are now|you must (?:always|never|now)|as an ai)\b/iu

/**
 * Whether a text speaks to the agent instead of about the caller. It finds only the usual English forms. Other orders
 * are told to the agent, in a block that says it contains no instructions.
 */
export function readsLikeAnOrder (text: string): boolean {
  return INSTRUCTION.test(text)
}
