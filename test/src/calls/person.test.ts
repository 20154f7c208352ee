import t from 'tap'
import { notOurs, personOf } from '../../../src/calls/person.ts'
import type { PhoneHashes } from '../../../src/phone/caller-id-reader.ts'

const mask = (text: string) => text
const dana = { kind: 'phone', phoneHash: 'd', formerHash: null, mask } as const
const ours = { kind: 'phone', phoneHash: 'o', formerHash: null, mask } as const
const withheld = { kind: 'withheld' } as const
const isOwn = ({ phoneHash }: PhoneHashes) => phoneHash === 'o'

t.test('personOf', async (t) => {
  for (const [says, caller, called, person] of [
    ['is the caller on an inbound call', dana, ours, { identity: dana, direction: 'inbound' }],
    ['is whom we called on an outbound call', ours, dana, { identity: dana, direction: 'outbound' }],
    ['is nobody when we call ourselves', ours, ours, { identity: { kind: 'other' }, direction: 'outbound' }],
    ['is nobody when we call nobody', ours, withheld, { identity: withheld, direction: 'outbound' }],
    ['is never whom a withheld caller called', withheld, dana, { identity: withheld, direction: 'inbound' }]
  ] as const) {
    t.test(says, async (t) => t.strictSame(personOf(caller, () => called, isOwn), person))
  }
})

t.test('whom an inbound call is for is not asked', async (t) => {
  t.strictSame(personOf(dana, () => { throw new Error('asked') }, isOwn), { identity: dana, direction: 'inbound' })
})

t.test('notOurs takes our own numbers for nobody', async (t) => {
  t.strictSame(notOurs(ours, isOwn), { kind: 'other' })
  t.strictSame(notOurs(dana, isOwn), dana)
  t.strictSame(notOurs(withheld, isOwn), withheld)
})
