import t, { type Test } from 'tap'
import { ModelAnswerSchema, type ModelAnswer } from '../../../schemas/model-answer.ts'
import { askAll } from '../../../src/learning/ask-model.ts'
import type { LearningInput } from '../../../src/learning/messages.ts'
import { createModel } from '../../../src/learning/model.ts'
import { startModel, type Script } from '../../scripted-model.ts'

const LONG_CALL: LearningInput = {
  facts: [],
  openItems: [],
  callerName: null,
  startedAt: '2026-11-24T09:30:00.000Z',
  turns: Array.from({ length: 12 }, (_, index) => ({ number: index + 1, role: 'user', text: 'x'.repeat(220) })),
  maxChars: 1000
}

const fact = (text: string): ModelAnswer['operations'][number] =>
  ({ op: 'add', fact_id: null, text, category: 'other', confidence: 1, turns: [1] })

async function learning (t: Test, script: Script, signal = new AbortController().signal) {
  const { url, requests } = await startModel(t, script)
  const model = createModel({ baseUrl: url, apiKey: undefined, model: 'openclaw', timeoutMs: 5000 }, ModelAnswerSchema)
  return { requests, learn: (input: LearningInput) => askAll(model, input, signal) }
}

t.test('asks about one part after the other, and joins the answers', async (t) => {
  const dana = { value: 'Dana', confidence: 1, turns: [1] }
  const dora = { value: 'Dora', confidence: 1, turns: [2] }
  const promise = { op: 'open' as const, item_id: null, text: 'A call back', turns: [3] }
  const { learn, requests } = await learning(t, [
    { answer: { operations: [fact('one')], caller_name: dana, language: 'de', open_items: [] } },
    { text: `Well:\n${JSON.stringify({ operations: [{}, fact('two'), 'x'], caller_name: dora })}` },
    { answer: { operations: [fact('three')], caller_name: null, language: null, open_items: [promise, 7] } }
  ])

  t.strictSame(await learn(LONG_CALL), {
    answer: { operations: [fact('one'), fact('two'), fact('three')], caller_name: dora, language: 'de', open_items: [promise] },
    malformed: 3
  })
  t.strictSame(requests.map(({ body }) => /part . of .: turns \d+ to \d+/.exec(JSON.stringify(body))?.[0]), [
    'part 1 of 3: turns 1 to 4', 'part 2 of 3: turns 5 to 8', 'part 3 of 3: turns 9 to 12'
  ])
})

t.test('asks nothing when the caller said nothing', async (t) => {
  const { learn, requests } = await learning(t, [])

  t.strictSame(await learn({ ...LONG_CALL, turns: [] }), {
    answer: { operations: [], caller_name: null, language: null, open_items: [] }, malformed: 0
  })
  t.strictSame(requests, [])
})

t.test('learns nothing from a call when the answer to one part cannot be read', async (t) => {
  for (const second of [{ cutOff: { operations: [fact('two')] } }, { text: 'Nothing to learn here.' }, { text: '{}' }]) {
    const { learn, requests } = await learning(t, [{ answer: { operations: [fact('one')] } }, second, { answer: {} }])

    await t.rejects(learn(LONG_CALL), {
      name: 'ModelAnswerUnusable', message: "The model's answer cannot be used: it is not the JSON that was asked for, or is cut off"
    })
    t.equal(requests.length, 2)
  }
})

t.test('ends with the error of the model, and with the reason of an abort between two parts', async (t) => {
  const { learn } = await learning(t, [{ answer: { operations: [] } }, { status: 503 }])
  await t.rejects(learn(LONG_CALL), { name: 'ModelUnavailable' })

  const stop = new AbortController()
  const { learn: stopped, requests } = await learning(t, () => {
    stop.abort(new Error('the bridge stops'))
    return { answer: { operations: [] } }
  }, stop.signal)
  await t.rejects(stopped(LONG_CALL), { message: 'the bridge stops' })
  t.equal(requests.length, 1)
})
