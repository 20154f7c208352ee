import t from 'tap'
import { callerOf, derivedSessionId, maskedIds, readCallIds, unlessOwn } from '../../../src/calls/identify.ts'
import { createCallerIdReader, type Identity } from '../../../src/phone/caller-id.ts'

const dana = createCallerIdReader({ OWN_NUMBERS: [] }).identify('+15550100123')

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

// Computed with Python: uuid.UUID over the first 16 bytes of SHA-256, with the bits of version 8 set.
t.test('derivedSessionId', async (t) => {
  t.test('is the same UUID for the same conversation', async (t) => {
    t.equal(derivedSessionId({ conversationId: 'conv_0001', callSid: 'CA01' }), '2e583e65-8fc6-82f2-beee-12f8e2b42192')
    t.equal(derivedSessionId({ conversationId: 'conv_0001', callSid: null }), '2e583e65-8fc6-82f2-beee-12f8e2b42192')
  })

  t.test('goes by the call when the conversation is not named', async (t) => {
    t.equal(derivedSessionId({ conversationId: null, callSid: 'CA01' }), 'c0a860b3-5160-8137-8f53-175d72bf6002')
  })

  t.test('is null when neither is', async (t) => {
    t.equal(derivedSessionId({ conversationId: null, callSid: null }), null)
  })
})

const mask = (text: string) => text
const somebody = { kind: 'phone', phoneHash: 'd', legacyHash: null, mask } as const
const ours = { kind: 'phone', phoneHash: 'o', legacyHash: null, mask } as const
const withheld = { kind: 'withheld' } as const
const own = (hash: string) => hash === 'o'

/** Reads the numbers of a call, given by name. */
const reader = (numbers: Record<string, Identity>) => ({ identify: (name: string | null | undefined) => numbers[name ?? '']! })

t.test('the caller of a call', async (t) => {
  for (const [says, caller, called, person] of [
    ['is the caller on an inbound call', somebody, ours, { identity: somebody, direction: 'inbound' }],
    ['is whom we called on an outbound call', ours, somebody, { identity: somebody, direction: 'outbound' }],
    ['has no caller when we call ourselves', ours, ours, { identity: { kind: 'own' }, direction: 'outbound' }],
    ['is nobody when we call nobody', ours, withheld, { identity: withheld, direction: 'outbound' }],
    ['is never whom a withheld caller called', withheld, somebody, { identity: withheld, direction: 'inbound' }]
  ] as const) {
    t.test(says, async (t) => t.strictSame(callerOf(reader({ caller, called }), 'caller', 'called', own), person))
  }
})

t.test('whom an inbound call is for is not read', async (t) => {
  const asked: Array<string | null | undefined> = []
  const identify = (name: string | null | undefined) => { asked.push(name); return somebody }

  t.strictSame(callerOf({ identify }, 'caller', 'called', own), { identity: somebody, direction: 'inbound' })
  t.strictSame(asked, ['caller'])
})

t.test('our own numbers are nobody', async (t) => {
  t.strictSame(unlessOwn(ours, own), { kind: 'own' })
  t.strictSame(unlessOwn(somebody, own), somebody)
  t.strictSame(unlessOwn(withheld, own), withheld)
})
