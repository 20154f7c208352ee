/** What is remembered during a call is there whatever comes next: on both drivers, and on all bridges of a database. */
import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { postCall, ring, testClock, transcription, type Json } from './fixtures/webhooks.ts'
import { admin, build } from './helper.ts'
import { sharedPostgres } from './postgres.ts'
import { recordOf, useTool } from './routes/tools/client.ts'
import { hashPhone } from '../src/phone/phone-hash.ts'

const server = await sharedPostgres()

const STEPS = ['recall', 'ring', 'admin', 'post-call'] as const

function orders<T> (items: readonly T[]): T[][] {
  return items.length <= 1
    ? [[...items]]
    : items.flatMap((item, n) => orders([...items.slice(0, n), ...items.slice(n + 1)]).map((rest) => [item, ...rest]))
}

/** Each request goes to the next bridge. */
async function everyOrder (t: Test, bridges: FastifyInstance[], clock: ReturnType<typeof testClock>) {
  let requests = 0
  const bridge = () => bridges[requests++ % bridges.length]!
  for (const [n, order] of orders(STEPS).entries()) {
    const caller = `+1555010${3000 + n}`
    const hash = hashPhone(caller)
    const conversationId = `conv_${n}`
    const started = (await ring(bridge(), { caller_id: caller, conversation_id: conversationId })).json()
    const { secret__caller_token: token } = started.dynamic_variables
    const use = async (tool: string, body: object) => (await useTool(bridge(), tool, body, { 'x-caller-token': token, 'x-conversation-id': conversationId })).body.result
    const seen: Record<typeof STEPS[number], () => Promise<string>> = {
      recall: () => use('recall', { query: 'tea' }),
      ring: async () => (await ring(bridge(), { caller_id: caller, conversation_id: `${conversationId}_2` })).json().dynamic_variables.caller_memory,
      admin: async () => JSON.stringify((await recordOf(bridge(), hash)).facts),
      'post-call': async () => {
        const event = await transcription((data: Json) => {
          data.conversation_id = conversationId
          data.metadata.phone_call = { direction: 'inbound', external_number: caller, agent_number: '+15550100001', call_sid: `CA${n}` }
          data.analysis.data_collection_results = {}
        })
        t.equal((await postCall(bridge(), event, clock.now())).json().outcome, 'closed')
        return 'Likes tea'
      }
    }
    if (await use('remember', { fact: 'Likes tea' }) !== 'It is noted.') t.fail(`caller ${n}: it was not noted`)
    for (const step of order) {
      const text = await seen[step]()
      if (!text.includes('Likes tea')) t.fail(`${order.join(', ')}: ${step} says ${text}`)
    }
    t.match(await recordOf(bridge(), hash), { facts: { length: 1 }, call_count: 2 }, order.join(', '))
  }
  return orders(STEPS).map((order, n) => ({ order, hash: hashPhone(`+1555010${3000 + n}`) }))
}

/** With files, nobody waits for the line of a recall, so it is surely there only after a restart. */
async function everyLine (t: Test, app: FastifyInstance, callers: Array<{ order: string[], hash: string }>) {
  for (const { order, hash } of callers) {
    const { calls } = await recordOf(app, hash)
    t.strictSame(calls.map(({ tools }: Json) => tools?.map(({ tool }: Json) => tool)), [['remember', 'recall'], undefined], order.join(', '))
  }
}

t.test('with files', async (t) => {
  const clock = testClock()
  const app = await build(t, {}, { now: clock.now })
  const callers = await everyOrder(t, [app], clock)
  await app.close()
  await t.test('after a restart', async (t) => {
    await everyLine(t, await build(t, { DATA_DIR: app.config.DATA_DIR }), callers)
  })
})

t.test('on two bridges with one database', async (t) => {
  const clock = testClock()
  const env = { DATABASE_URL: await server.newDatabase(), CALLER_TOKEN_KEY: randomBytes(32).toString('base64') }
  const bridges = [await build(t, env, { now: clock.now }), await build(t, env, { now: clock.now })]
  const callers = await everyOrder(t, bridges, clock)
  await everyLine(t, bridges[0]!, callers)
})

t.test('a fact that two bridges are told at once is one, and an erasure on one counts on the other', async (t) => {
  const env = { DATABASE_URL: await server.newDatabase(), CALLER_TOKEN_KEY: randomBytes(32).toString('base64'), FORGET_BY_CALL: 'erase' }
  const clock = testClock()
  const bridges = [await build(t, env, { now: clock.now }), await build(t, env, { now: clock.now })] as const
  const { secret__caller_token: token } = (await ring(bridges[0], { conversation_id: 'conv_1' })).json().dynamic_variables
  const use = async (bridge: FastifyInstance, tool: string, body: object) => (await useTool(bridge, tool, body, { 'x-caller-token': token, 'x-conversation-id': 'conv_1' })).body.result

  await Promise.all([...bridges, ...bridges].map((bridge) => use(bridge, 'remember', { fact: 'Likes tea' })))
  t.match(await recordOf(bridges[0]), { facts: { length: 1 }, calls: [{ tools: { length: 4 } }] })

  t.match(await use(bridges[0], 'forget', { what: 'everything' }), /^Should really/)
  clock.pass(3)
  t.match(await use(bridges[1], 'forget', { what: 'everything', confirm: true }), /^Everything about the caller is deleted: 1 fact,/)
  t.match(await use(bridges[0], 'remember', { fact: 'Likes tea' }), /nothing can be kept/)
  t.match(await admin(bridges[0], 'POST', '/callers/lookup', { phone: '+15550100123' }), { body: { known: false } })
})
