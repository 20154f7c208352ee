import t from 'tap'
import { maskedIds, readCallIds } from '../../../src/calls/call-ids.ts'
import { createCallerIdReader } from '../../../src/phone/caller-id-reader.ts'

const dana = createCallerIdReader({ ownNumbers: [] }).identify('+15550100123')

t.test('ids are read from a body; what is missing, empty or of another type is null', async (t) => {
  t.strictSame(readCallIds({ conversation_id: 'conv_1', call_sid: ' ' }), { conversationId: 'conv_1', callSid: null })
  t.strictSame(readCallIds({ call_sid: 5 }), { conversationId: null, callSid: null })
})

t.test('the caller\'s number in an id is masked, and no more is kept than a record takes', async (t) => {
  const long = `${'x'.repeat(189)}15550100123`

  t.strictSame(maskedIds({ conversationId: 'conv_1', callSid: 'sip-15550100123@10.0.0.1' }, dana), { conversationId: 'conv_1', callSid: 'sip-[number]@10.0.0.1' })
  t.ok((maskedIds({ conversationId: null, callSid: long }, dana).callSid?.length ?? 0) <= 200)
})

t.test('ids of somebody without a number stay as they are', async (t) => {
  t.strictSame(maskedIds({ conversationId: 'a', callSid: null }, { kind: 'withheld' }), { conversationId: 'a', callSid: null })
})
