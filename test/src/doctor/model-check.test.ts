import t from 'tap'
import { checkAgentModel, checkEmbeddingsModel, checkLearningModel, type PingResult } from '../../../src/doctor/model-check.ts'
import { broken } from './doctor.ts'

const CONFIG = { OPENCLAW_MODEL: 'openclaw/learn', LEARN_TIMEOUT_MS: 60_000 }

t.test('a model that answers has nothing to look at', async (t) => {
  t.match(checkLearningModel(CONFIG, { status: 200, ms: 300 }), [{ level: 'ok' }])
  t.match(checkLearningModel(CONFIG, null), [{ level: 'skipped' }])
})

t.test('finds a model that', async (t) => {
  const cases: Array<[what: string, ping: PingResult, found: string, remedy: RegExp]> = [
    ['cannot be reached', { fault: 'the connection failed, ECONNREFUSED' }, 'failure learning model: It cannot be reached: the connection failed, ECONNREFUSED.', /OPENCLAW_API_BASE_URL/],
    ['refuses the key', { status: 401, ms: 1 }, 'failure learning model: It responds with 401.', /OPENCLAW_API_KEY/],
    ['has chat completions off', { status: 404, ms: 1 }, 'failure learning model: It responds with 404.', /chatCompletions\.enabled/],
    ['does not know its name', { status: 400, ms: 1 }, 'failure learning model: It responds with 400.', /OPENCLAW_MODEL: openclaw\/learn/],
    ['has too much to do', { status: 429, ms: 1 }, 'warning learning model: It responds with 429.', /later/],
    ['is broken', { status: 502, ms: 1 }, 'failure learning model: It responds with 502.', /log/],
    ['is slow', { status: 200, ms: 30_001 }, 'warning learning model: One word took it 30001 ms, and LEARN_TIMEOUT_MS is 60000.', /LEARN_TIMEOUT_MS/]
  ]
  for (const [what, ping, found, remedy] of cases) {
    const findings = checkLearningModel(CONFIG, ping)
    t.strictSame(broken(findings), [found], what)
    t.match(findings[0]?.remedy, remedy)
  }
})

t.test('the embeddings model', async (t) => {
  const check = (ping: PingResult | null) => checkEmbeddingsModel({ EMBEDDINGS_MODEL: 'small' }, ping)
  t.strictSame(check(null), [])
  t.match(check({ status: 200, ms: 400 }), [{ level: 'ok' }])
  t.strictSame(broken(check({ status: 200, ms: 401 })), ['warning embeddings model: A vector took it 401 ms, and a question waits 400 ms for one.'])
  t.strictSame(broken(check({ status: 404, ms: 1 })), ['warning embeddings model: It responds with 404. Recall compares words only.'])
  t.strictSame(broken(check({ fault: 'the connection failed' })), ['warning embeddings model: It cannot be reached: the connection failed. Recall compares words only.'])
  t.match(check({ status: 400, ms: 1 })[0]?.remedy, /EMBEDDINGS_MODEL: small/)
})

t.test('the agent\'s own model', async (t) => {
  const check = (llm: object | null, reached: PingResult | null = { status: 401, ms: 1 }) => checkAgentModel(
    'Front desk',
    { conversation_config: { agent: { prompt: llm === null ? { llm: 'some-model' } : { llm: 'custom-llm', custom_llm: llm } } } },
    reached
  )
  const good = { url: 'https://llm.example/v1', model_id: 'openclaw/phone', request_headers: { 'X-OpenClaw-Session-Key': { variable_name: 'session_id' } } }
  const name = 'agent\'s model'

  t.strictSame(check(null), [])
  t.match(check(good), [{ level: 'ok' }])
  t.strictSame(broken(check({ ...good, url: 'http://llm.example/v1' })), [`failure ${name}: The custom LLM of Front desk is not HTTPS.`])
  t.strictSame(broken(check({ ...good, url: 'https://llm.example' })), [`warning ${name}: The address of the custom LLM of Front desk does not end with /v1.`])
  t.strictSame(broken(check(good, { fault: 'the connection failed' })), [`failure ${name}: The custom LLM of Front desk cannot be reached from here: the connection failed.`])
  t.strictSame(broken(check(good, { status: 404, ms: 1 })), [`failure ${name}: The custom LLM of Front desk responds with 404.`])
  t.strictSame(broken(check({ ...good, request_headers: {} })), [`warning ${name}: Front desk sends OpenClaw no x-openclaw-session-key: each answer begins a new session.`])
  for (const model of ['openclaw', 'openclaw/default', 'openclaw:default', 'agent:default']) {
    t.strictSame(broken(check({ ...good, model_id: model })), [`warning ${name}: The custom LLM of Front desk is OpenClaw's default agent: whoever calls can steer its shell.`])
  }
})
