/** The agent's tools as ElevenLabs calls them. */
import type { FastifyInstance } from 'fastify'
import { admin } from '../../helper.ts'
import { DANA_HASH, ring } from '../../fixtures/webhooks.ts'

/** Rings, and gives the tools of that call: status and answer. */
export async function callOf (app: FastifyInstance, conversationId: string, fields: Record<string, unknown> = {}) {
  const response = (await ring(app, { conversation_id: conversationId, ...fields })).json()
  const { secret__caller_token: token } = response.dynamic_variables
  const headers = { 'x-caller-token': token, 'x-conversation-id': conversationId }
  const use = async (tool: string, body: object) => await useTool(app, tool, body, headers)
  const said = async (tool: string, body: object) => {
    const { status, body: answer } = await use(tool, body)
    if (status !== 200) throw new Error(JSON.stringify(answer))
    return answer.result as string
  }
  return {
    token: token as string,
    use,
    recall: async (query: string) => await said('recall', { query }),
    remember: async (fact: string) => await said('remember', { fact }),
    correct: async (what: string, fact: string) => await said('correct', { what, fact }),
    forget: async (what: string, confirm?: boolean) => await said('forget', confirm === undefined ? { what } : { what, confirm })
  }
}

export async function useTool (
  app: FastifyInstance, tool: string, body: object | string, headers: Record<string, string | undefined>
) {
  const res = await app.inject({
    method: 'POST',
    url: `/tools/${tool}`,
    headers: { 'content-type': 'application/json', ...Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)) },
    payload: typeof body === 'string' ? body : JSON.stringify(body)
  })
  return { status: res.statusCode, body: res.json() }
}

/** What the operator sees of a caller. */
export async function recordOf (app: FastifyInstance, phoneHash = DANA_HASH) {
  return (await admin(app, 'GET', `/memory/${phoneHash}`)).body
}
