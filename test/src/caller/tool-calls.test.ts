import t from 'tap'
import type { ToolCall } from '../../../schemas/caller-record.ts'
import { recordCallEnd } from '../../../src/caller/calls.ts'
import { changeProfile } from '../../../src/caller/profile.ts'
import { withForgetWish, withToolCall } from '../../../src/caller/tool-calls.ts'
import { call, record } from '../prompt/samples.ts'
import { at, callerHash, contextOf } from '../../stored.ts'

const use = (n: number): ToolCall => ({ tool: 'recall', at: at(n), ms: 1, outcome: 'found', ids: [], words: `query ${n}` })

t.test('the newest 30 uses of tools are kept with their call', async (t) => {
  const before = record({ calls: [call(1, null), call(2, null)] })
  const after = Array.from({ length: 31 }, (_, n) => use(n)).reduce((each, use) => withToolCall(each, 2, use), before)

  t.strictSame(after.calls[1]!.tools, Array.from({ length: 30 }, (_, n) => use(n + 1)))
  t.equal(after.calls[0], before.calls[0])
  t.equal(withToolCall(before, 3, use(1)), before)
})

t.test('they and what was forgotten outlive the call end', async (t) => {
  const ringing = call(1, null, { ended_at: null, status: 'ringing', tools: [use(1)], forgotten: ['0a1'] })
  const end = recordCallEnd(contextOf(callerHash(1), 60), {
    ids: { conversationId: 'conv_1', callSid: null }, startedAt: at(1), endedAt: at(60), said: { direction: 'inbound', duration_secs: 59, status: 'done', failure_reason: null, title: null, summary: 'Talked.' }
  })

  const { caller, result } = end({ record: record({ calls: [ringing] }), erasedAt: null })

  t.equal(result, 'closed')
  t.match(caller.record, { calls: [{ summary: 'Talked.', tools: [use(1)], forgotten: ['0a1'] }] })
})

t.test('a wish is kept once a conversation, the newest 20', async (t) => {
  const wish = (n: number, factId: string | null = null) => ({ at: at(n), conversation_id: `conv_${n}`, fact_id: factId })
  const once = withForgetWish(record(), wish(1))

  t.equal(withForgetWish(once, { ...wish(1), at: at(2) }), once)
  t.strictSame(withForgetWish(once, wish(1, 'fact-1')).forget_wishes, [wish(1), wish(1, 'fact-1')])
  const many = Array.from({ length: 21 }, (_, n) => wish(n)).reduce(withForgetWish, record())
  t.strictSame(many.forget_wishes, Array.from({ length: 20 }, (_, n) => wish(n + 1)))
})

t.test('the operator settles them', async (t) => {
  const wished = withForgetWish(record(), { at: at(1), conversation_id: null, fact_id: null })
  const settle = changeProfile(contextOf(callerHash(1), 2), { forget_wishes: null })
  const settled = settle({ record: wished, erasedAt: null })

  t.strictSame(settled.caller.record, record())
  t.match(changeProfile(contextOf(callerHash(1), 2), { caller_name: 'Dana' })({ record: wished, erasedAt: null }).result, { forget_wishes: [{}] })
})
