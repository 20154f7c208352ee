const INSTRUCTION = /^\s*(?:system|assistant|developer|user|tool)\s*:|caller_record|\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instructions?|rules?|prompts?|guidelines?)\b|\bagents? (?:must|should|has to|have to)\b|\b(?:system prompt|you are now|you must (?:always|never|now)|as an ai)\b/iu

/** Finds only the usual English forms. Other orders are told, in a block that says it contains no instructions. */
export function readsLikeAnOrder (text: string): boolean {
  return INSTRUCTION.test(text)
}
