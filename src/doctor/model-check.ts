/** The language models: the one that learns, and the agent's own. Pure. */
import type { Config } from '../../schemas/env.ts'
import { fieldsOf, textOf, type Fields } from '../json.ts'
import { QUESTION_MS } from '../recall/meanings.ts'
import { findingsOf, type Finding } from './finding.ts'

/** OpenClaw's default agent, which can run commands: what callers say is text from strangers. */
export const MODELS_WITH_TOOLS = ['openclaw', 'openclaw/default', 'openclaw:default', 'agent:default']

/** What a request for one token or vector got. */
export type PingResult = { status: number, ms: number } | { fault: string }

/** @param ping - null while LEARN_FROM_TRANSCRIPT is off */
export function checkLearningModel (
  { OPENCLAW_MODEL: model, LEARN_TIMEOUT_MS: timeoutMs }: Pick<Config, 'OPENCLAW_MODEL' | 'LEARN_TIMEOUT_MS'>,
  ping: PingResult | null
): Finding[] {
  const { ok, warning, failure, skipped } = findingsOf('learning model')
  if (ping === null) return [skipped('LEARN_FROM_TRANSCRIPT is off.')]
  if ('fault' in ping) return [failure(`It cannot be reached: ${ping.fault}.`, 'Check OPENCLAW_API_BASE_URL.')]
  const { status, ms } = ping
  if (status === 200) {
    return [ms > timeoutMs / 2
      ? warning(`One word took it ${ms} ms, and LEARN_TIMEOUT_MS is ${timeoutMs}.`, 'Raise LEARN_TIMEOUT_MS.')
      : ok(`It answers (${ms} ms).`)]
  }
  const what = `It responds with ${status}.`
  if (status === 401 || status === 403) return [failure(what, 'Check OPENCLAW_API_KEY.')]
  if (status === 404 || status === 405) {
    return [failure(what, 'Check the path in OPENCLAW_API_BASE_URL, which usually ends with /v1. In OpenClaw, set ' +
      'gateway.http.endpoints.chatCompletions.enabled.')]
  }
  if (status === 400 || status === 422) {
    return [failure(what, `Check OPENCLAW_MODEL: ${model} has to be a model of the endpoint.`)]
  }
  if (status === 429) return [warning(what, 'It has too much to do; calls are learnt from later.')]
  return [failure(what, 'Read the log of the model\'s server.')]
}

/** @param ping - a request for one vector; null without EMBEDDINGS_MODEL */
export function checkEmbeddingsModel (
  { EMBEDDINGS_MODEL: model }: Pick<Config, 'EMBEDDINGS_MODEL'>, ping: PingResult | null
): Finding[] {
  const { ok, warning } = findingsOf('embeddings model')
  if (ping === null) return []
  const without = (what: string) => warning(`${what} Recall compares words only.`,
    `Check OPENCLAW_API_BASE_URL, OPENCLAW_API_KEY and EMBEDDINGS_MODEL: ${model} has to be an embeddings model there.`)
  if ('fault' in ping) return [without(`It cannot be reached: ${ping.fault}.`)]
  if (ping.status !== 200) return [without(`It responds with ${ping.status}.`)]
  return [ping.ms > QUESTION_MS
    ? warning(`A vector took it ${ping.ms} ms, and a question waits ${QUESTION_MS} ms for one.`, 'Use a faster one.')
    : ok(`It answers (${ping.ms} ms).`)]
}

/** Null for an agent with one of ElevenLabs' own models. */
export function customLlmOf (config: Fields): Fields | null {
  const prompt = fieldsOf(fieldsOf(fieldsOf(config, 'conversation_config'), 'agent'), 'prompt')
  return prompt['llm'] === 'custom-llm' ? fieldsOf(prompt, 'custom_llm') : null
}

/** @param reached - a request without a key to the custom LLM; null if there is none */
export function checkAgentModel (agent: string, config: Fields, reached: PingResult | null): Finding[] {
  const { ok, warning, failure } = findingsOf('agent\'s model')
  const llm = customLlmOf(config)
  if (llm === null) return []
  const url = textOf(llm, 'url', 2000) ?? ''
  const findings: Finding[] = []
  if (!/^https:\/\//.test(url)) {
    findings.push(failure(`The custom LLM of ${agent} is not HTTPS.`, 'Put a TLS proxy in front of it.'))
  }
  if (!/\/v1\/?$/.test(url)) {
    findings.push(warning(`The address of the custom LLM of ${agent} does not end with /v1.`,
      'ElevenLabs adds /chat/completions to it: check the path.'))
  }
  if (reached !== null && ('fault' in reached || reached.status === 404 || reached.status >= 500)) {
    const why = 'fault' in reached ? `cannot be reached from here: ${reached.fault}` : `responds with ${reached.status}`
    findings.push(failure(`The custom LLM of ${agent} ${why}.`,
      'Check its address. In OpenClaw, set gateway.http.endpoints.chatCompletions.enabled.'))
  }
  const headers = Object.keys(fieldsOf(llm, 'request_headers')).map((name) => name.toLowerCase())
  const model = textOf(llm, 'model_id') ?? ''
  if (model.startsWith('openclaw') && !headers.includes('x-openclaw-session-key')) {
    findings.push(warning(`${agent} sends OpenClaw no x-openclaw-session-key: each answer begins a new session.`,
      'Run memory-bridge connect --custom-llm, or set the header to the variable session_id.'))
  }
  if (MODELS_WITH_TOOLS.includes(model)) {
    findings.push(warning(`The custom LLM of ${agent} is OpenClaw's default agent: whoever calls can steer its shell.`,
      'Point it at an agent entry without tools, such as openclaw/phone.'))
  }
  return findings.length === 0 ? [ok(`The custom LLM of ${agent} can be reached.`)] : findings
}
