import t from 'tap'
import { derivedSessionId } from '../../../src/calls/call-ids.ts'

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
