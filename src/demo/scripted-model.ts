/** Replaces the language model in the demo: an OpenAI-compatible endpoint on loopback with one prepared answer. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ModelAnswer } from '../../schemas/model-answer.ts'

/** For the demo's first call, whose second turn is the caller's. */
const ANSWER: ModelAnswer = {
  operations: [{
    op: 'add',
    fact_id: null,
    text: 'Wants parcels left with the neighbour',
    category: 'preference',
    confidence: 0.95,
    turns: [2]
  }],
  caller_name: { value: 'Dana', confidence: 0.95, turns: [2] },
  language: null,
  open_items: []
}

/** `url` is for OPENCLAW_API_BASE_URL. */
export async function startScriptedModel () {
  const body = JSON.stringify({
    id: 'chatcmpl-demo',
    object: 'chat.completion',
    created: 0,
    model: 'scripted',
    choices: [
      { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: JSON.stringify(ANSWER) } }
    ]
  })
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.setHeader('content-type', 'application/json').end(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    async stop () {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    }
  }
}
