import t from 'tap'
import { conversationOf, evidenceIds, factsOf, type Sample } from '../../../bench/recall/locomo.ts'

const sample: Sample = {
  conversation: {
    speaker_a: 'Ann',
    session_1_date_time: '1:56 pm on 8 May, 2023',
    session_1: [
      { speaker: 'Ann', dia_id: 'D1:1', text: 'Look!', blip_caption: 'a photo of a dog' },
      { speaker: 'Bob', dia_id: 'D1:2', text: 'Nice.' }
    ],
    session_2_date_time: '12:07 am on 1 June, 2023'
  },
  session_summary: { session_1_summary: 'Ann showed a dog. Bob liked it.' },
  observation: { session_1_observation: { Ann: [['Ann has a dog.', 'D1:1']], Bob: [] } },
  qa: [
    { question: 'Who has a dog?', category: 4, evidence: ['D1:1; D1:9'] },
    { question: 'Is Bob a dog?', category: 3, evidence: [] },
    { question: 'Why?', category: 5 }
  ]
}

t.test('a session is a call with the sentences of its summary and its turns', async (t) => {
  const common = { at: '2023-05-08T13:56:00.000Z', callId: '1' }
  t.strictSame(conversationOf(sample), {
    items: [
      { id: '1/summary/1', kind: 'summary', text: 'Ann showed a dog.', ...common },
      { id: '1/summary/2', kind: 'summary', text: 'Bob liked it.', ...common },
      { id: 'D1:1', kind: 'turn', text: '[a photo of a dog] Look!', speaker: 'Ann', ...common },
      { id: 'D1:2', kind: 'turn', text: 'Nice.', speaker: 'Bob', ...common }
    ],
    questions: [{ text: 'Who has a dog?', category: 4, evidence: ['D1:1'] }],
    now: common.at
  })
})

t.test('an observation is a fact', async (t) => {
  t.strictSame(factsOf(sample), [
    { id: '1/fact/1', kind: 'fact', text: 'Ann has a dog.', at: '2023-05-08T13:56:00.000Z' }
  ])
})

t.test('malformed ids of evidence are read where they name a turn', async (t) => {
  t.strictSame(evidenceIds(['D1:3']), ['D1:3'])
  t.strictSame(evidenceIds(['D8:6; D9:17', 'D9:1 D4:4 D8:6']), ['D8:6', 'D9:17', 'D9:1', 'D4:4'])
  t.strictSame(evidenceIds(['D', 'D:11:26', 'D30:05']), ['D11:26', 'D30:5'])
})
