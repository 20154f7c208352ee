import t from 'tap'
import { maskedIds, readCallIds } from '../../../src/calls/call-ids.ts'
import { createCallerIdReader } from '../../../src/phone/caller-id.ts'

const dana = createCallerIdReader({ ownNumbers: [] }).identify('+15550100123')

t.test('ids are read from a body; what is missing, empty or of another type is null', async (t) => {
  t.strictSame(readCallIds({ conversation_id: 'conv_1', call_sid: ' ' }), { conversationId: 'conv_1', callSid: null })
  t.strictSame(readCallIds({ call_sid: 5 }), { conversationId: null, callSid: null })
})

t.test('both numbers of a call are masked in its ids, and no more is kept than a record takes', async (t) => {
  const sid = (callSid: string, numbers: Array<string | null> = ['+15550100123']) =>
    maskedIds({ conversationId: 'conv_1', callSid }, dana, numbers)

  t.strictSame(sid('sip-15550100123@10.0.0.1'), { conversationId: 'conv_1', callSid: 'sip-[number]@10.0.0.1' })
  t.equal(sid('15550100123-15550100001', ['+15550100123', '+1 (555) 010-0001']).callSid, '[number]-[number]')
  t.equal(sid('15550100123-15550100001', ['+15550100123', 'sip:+15550100001@10.0.0.1:5060']).callSid, '[number]-[number]')
  t.equal(sid('15550100123-15550100001', ['+15550100123', null]).callSid, '[number]-15550100001', 'a number of nobody here')
  t.ok((sid(`${'x'.repeat(189)}15550100123`).callSid?.length ?? 0) <= 200)
})

t.test('without a phone number everything that could be one is masked', async (t) => {
  const kinds = ['withheld', 'sip', 'client', 'whatsapp', 'unreadable', 'missing'] as const
  for (const kind of kinds) {
    const sid = (callSid: string) => maskedIds({ conversationId: 'conv_1', callSid }, { kind }, [null]).callSid
    t.equal(sid('call-+1 555 010 0123@10.0.0.1'), 'call-[number]', kind)
    t.equal(sid('5550100123'), '[number]', kind)
  }
})

t.test('a number at the cut, or in an id of Twilio\'s form, is masked as well', async (t) => {
  const sid = (callSid: string) => maskedIds(readCallIds({ call_sid: callSid }), dana, ['+15550100123']).callSid ?? ''

  t.notMatch(sid(`${'x'.repeat(189)}+15550100123`), /1555010012/)
  t.notMatch(sid(`CA${'0'.repeat(21)}15550100123`), /5550100123/)
})

t.test('the ids of Twilio and ElevenLabs stay as they are', async (t) => {
  const callSid = 'CA12345678901234567890abcdef12345a'
  const ids = { conversationId: 'conv_0001synthetic', callSid }

  t.strictSame(maskedIds(ids, dana, ['+15550100123']), ids)
  t.strictSame(maskedIds(ids, { kind: 'withheld' }, [null]), ids)
  t.strictSame(maskedIds({ conversationId: 'a', callSid: null }, { kind: 'withheld' }, []), { conversationId: 'a', callSid: null })
})
