import t from 'tap'
import { unlessOwnNumber, callerOf } from '../../../src/calls/own-numbers.ts'
import type { PhoneHashes } from '../../../src/phone/caller-id.ts'

const mask = (text: string) => text
const dana = { kind: 'phone', phoneHash: 'd', legacyHash: null, mask } as const
const ours = { kind: 'phone', phoneHash: 'o', legacyHash: null, mask } as const
const withheld = { kind: 'withheld' } as const
const isOwn = ({ phoneHash }: PhoneHashes) => phoneHash === 'o'

t.test('personOf', async (t) => {
  for (const [says, caller, called, person] of [
    ['is the caller on an inbound call', dana, ours, { identity: dana, direction: 'inbound' }],
    ['is whom we called on an outbound call', ours, dana, { identity: dana, direction: 'outbound' }],
    ['has no caller when we call ourselves', ours, ours, { identity: { kind: 'own' }, direction: 'outbound' }],
    ['is nobody when we call nobody', ours, withheld, { identity: withheld, direction: 'outbound' }],
    ['is never whom a withheld caller called', withheld, dana, { identity: withheld, direction: 'inbound' }]
  ] as const) {
    t.test(says, async (t) => t.strictSame(callerOf(caller, () => called, isOwn), person))
  }
})

t.test('whom an inbound call is for is not asked', async (t) => {
  t.strictSame(callerOf(dana, () => { throw new Error('asked') }, isOwn), { identity: dana, direction: 'inbound' })
})

t.test('notOurs takes our own numbers for nobody', async (t) => {
  t.strictSame(unlessOwnNumber(ours, isOwn), { kind: 'own' })
  t.strictSame(unlessOwnNumber(dana, isOwn), dana)
  t.strictSame(unlessOwnNumber(withheld, isOwn), withheld)
})
