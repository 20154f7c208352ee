import { performance } from 'node:perf_hooks'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { Turn } from '../../../schemas/caller-record.ts'
import { ModelAnswerSchema, type ModelAnswer } from '../../../schemas/model-answer.ts'
import { askAll, readAnswer, type ReadAnswer } from '../../../src/learning/model-answer.ts'
import { learningMessages } from '../../../src/learning/model-prompt.ts'
import { createModel } from '../../../src/learning/model.ts'
import { runs } from '../../long.ts'
import { startModel, type Script } from '../../scripted-model.ts'

const isAnswer = new Ajv().compile(ModelAnswerSchema)
const fits = ({ malformed, ...answer }: ReadAnswer) => malformed >= 0 && isAnswer(answer)

const FULL: ModelAnswer = {
  operations: [
    { op: 'add', fact_id: null, text: 'Sagt "bitte }}" und } \\', category: 'preference', confidence: 0.9, turns: [2, 4], same_as: null, valid_from: null, valid_until: null },
    { op: 'update', fact_id: 'fact-1', text: 'Wohnt in Köln', category: 'situation', confidence: 1, turns: [6], same_as: 'fact-3', valid_from: '2026-12-01', valid_until: '2026-12-02' },
    { op: 'retire', fact_id: 'fact-2', text: null, category: 'other', confidence: 0, turns: [8], same_as: null, valid_from: null, valid_until: null }
  ],
  caller_name: { value: 'Dana', confidence: 0.95, turns: [2] },
  language: 'de',
  open_items: [
    { op: 'open', item_id: null, text: 'Rückruf ist zugesagt', turns: [9], valid_from: null, valid_until: '2026-12-01' },
    { op: 'close', item_id: 'item-1', text: null, turns: [3], valid_from: null, valid_until: null }
  ]
}
const EMPTY: ModelAnswer = { operations: [], caller_name: null, language: null, open_items: [] }
const json = JSON.stringify(FULL)

t.test('an answer is found', async (t) => {
  const cases: Array<[where: string, text: string]> = [
    ['alone', json],
    ['over several lines', JSON.stringify(FULL, null, 2)],
    ['in a code fence', `\`\`\`json\n${json}\n\`\`\``],
    ['in prose', `Here is what I found:\n${json}\nLet me know!`],
    ['behind braces of prose', `I fill {this form} and {"so": "on"}: ${json}`],
    ['behind a brace that is never closed', `The sign { or "{" is how it begins: ${json}`],
    ['before braces of prose', `${json} as {said}`],
    ['behind a draft', `<think>{"operations": [], "language": "en"} or rather…</think>${json}`],
    ['in a wrapper', JSON.stringify({ answer: FULL })],
    ['in a list', `[${json}]`]
  ]
  for (const [where, text] of cases) t.strictSame(readAnswer(text), { ...FULL, malformed: 0 }, where)
})

t.test('there is none', async (t) => {
  const cases: Array<[where: string, text: string]> = [
    ['in nothing', ''],
    ['in prose', 'I am sorry, but I cannot help with that.'],
    ['in an empty object', '{}'],
    ['in another object', '{"error":{"message":"overloaded"}}'],
    ['in other JSON', '[1, "operations", null]'],
    ['in what is cut off behind a draft', `{"operations":[]} then: ${json.slice(0, -20)}`],
    ['in single quotes', "{'operations': []}"]
  ]
  for (const [where, text] of cases) t.equal(readAnswer(text), null, where)
  const beginnings = Array.from(json, (_, length) => json.slice(0, length))
  t.strictSame(beginnings.filter((text) => readAnswer(text) !== null), [], 'in any beginning of an answer')
})

t.test('what is missing is empty or null, what is unknown is dropped', async (t) => {
  const cases: Array<[what: string, given: object, answer: ModelAnswer]> = [
    ['all but one key', { operations: [] }, EMPTY],
    ['all but the language', { language: ' fr ' }, { ...EMPTY, language: 'fr' }],
    ['null for lists', { operations: null, open_items: null, caller_name: null, language: null }, EMPTY],
    ['blank texts', { operations: [], language: '', caller_name: { value: ' ', confidence: 1, turns: [] } }, EMPTY],
    [
      'most of an operation',
      { operations: [{ op: 'add', text: 'Has a dog', confidence: 1 }] },
      { ...EMPTY, operations: [{ op: 'add', fact_id: null, text: 'Has a dog', category: 'other', confidence: 1, turns: [], same_as: null, valid_from: null, valid_until: null }] }
    ],
    [
      'a category of its own',
      { operations: [{ ...FULL.operations[1], category: 'toString' }] },
      { ...EMPTY, operations: [{ ...FULL.operations[1]!, category: 'other' }] }
    ],
    [
      'keys of its own',
      { operations: [{ ...FULL.operations[0], reason: 'x' }], open_items: [{ op: 'open', text: 'x', why: 1 }], thoughts: 'x' },
      { ...EMPTY, operations: [FULL.operations[0]!], open_items: [{ op: 'open', item_id: null, text: 'x', turns: [], valid_from: null, valid_until: null }] }
    ],
    ['no list around the only operation', { operations: FULL.operations[0]! }, { ...EMPTY, operations: [FULL.operations[0]!] }]
  ]
  for (const [what, given, answer] of cases) {
    t.strictSame(
      readAnswer(JSON.stringify(given)),
      { ...answer, malformed: 0 },
      what
    )
  }
})

t.test('half a character is replaced', async (t) => {
  t.strictSame(readAnswer('{"language":"a\\ud800"}')?.language, 'a\ufffd')
})

t.test('a malformed operation is dropped and counted, the others stay', async (t) => {
  const [operation] = FULL.operations
  const [item] = FULL.open_items
  const cases: object[] = [
    ...['text', 7, null, [], { ...operation, op: 'delete' }, { ...operation, op: undefined }, { ...operation, fact_id: 7 },
      { ...operation, text: ['x'] }, { ...operation, confidence: '0.9' }, { ...operation, confidence: 90 }, { ...operation, confidence: -0.1 },
      { ...operation, confidence: undefined }, { ...operation, turns: '2' }, { ...operation, turns: ['2'] }, { ...operation, turns: [1.5] }
    ].map((malformed) => ({ ...FULL, operations: [malformed, ...FULL.operations] })),
    ...['text', { ...item, op: 'add' }, { ...item, item_id: {} }, { ...item, text: 7 }, { ...item, turns: [null] }
    ].map((malformed) => ({ ...FULL, open_items: [...FULL.open_items, malformed] }))
  ]
  for (const given of cases) t.strictSame(readAnswer(JSON.stringify(given)), { ...FULL, malformed: 1 })

  for (const name of ['Dana', 7, [], { value: 'Dana' }, { value: 7, confidence: 1, turns: [] }, { value: 'Dana', confidence: 2, turns: [] }]) {
    t.strictSame(
      readAnswer(JSON.stringify({ ...FULL, caller_name: name })),
      { ...FULL, caller_name: null, malformed: 1 }
    )
  }
  t.strictSame(
    readAnswer(JSON.stringify({ ...FULL, language: 7 })),
    { ...FULL, language: null, malformed: 1 }
  )
})

t.test('whatever a model writes, the parsed answer fits the schema', async () => {
  const key = fc.constantFrom('operations', 'open_items', 'caller_name', 'language', 'op', 'fact_id', 'item_id', 'text', 'category', 'confidence', 'turns', 'value', '__proto__')
  const word = fc.constantFrom('add', 'update', 'retire', 'open', 'close', 'preference', 'Dana', '', '}{"')
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 5 }, word, fc.double(), fc.integer(), fc.constant(null), fc.boolean(), fc.array(tie('value')), fc.dictionary(key, tie('value')))
  }))
  fc.assert(fc.property(value, fc.string(), (given, prose) => {
    const read = readAnswer(`${prose}${JSON.stringify({ operations: [given], open_items: given, caller_name: given, language: given })}`)
    return read === null || fits(read)
  }), { numRuns: runs(2000) })
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom('{', '}', '"', '\\', '[', '"operations":', ':', ',') }), (text) => {
    const read = readAnswer(text)
    return read === null || fits(read)
  }), { numRuns: runs(2000) })
})

t.test('an answer of more than 256 KB is not read', async (t) => {
  t.not(readAnswer(json.padEnd(256 * 1024)), null)
  t.equal(readAnswer(json.padEnd(256 * 1024 + 1)), null)
})

t.test('no answer takes long to read', async (t) => {
  for (const size of [128 * 1024, 255 * 1024, 1024 * 1024]) {
    for (const piece of ['{', '{"', '{"a":', '{"a":[', '{}', '{a}', '{"a":{}}', '"{', '\\"{', '{"operations":[', '{"operations":[]}', '}{']) {
      const text = piece.repeat(size / piece.length)
      const before = performance.now()
      readAnswer(text)
      readAnswer(`${text}${'}'.repeat(size / piece.length)}`)
      const ms = performance.now() - before
      t.ok(ms < 1000, `${piece} of ${size} takes ${Math.round(ms)} ms`)
    }
  }
})

const startedAt = '2026-11-24T09:30:00.000Z'
const record = { caller_name: null, facts: [] }
/** Four of its turns fit into a part. */
const LONG_CALL: Turn[] = Array.from({ length: 12 }, (_, index) => ({ number: index + 1, role: 'user', text: 'x'.repeat(5900) }))

const fact = (text: string): ModelAnswer['operations'][number] =>
  ({ op: 'add', fact_id: null, text, category: 'other', confidence: 1, turns: [1], same_as: null, valid_from: null, valid_until: null })

async function asking (t: Test, script: Script, signal = new AbortController().signal) {
  const { url, requests } = await startModel(t, script)
  const model = createModel({ baseUrl: url, apiKey: undefined, model: 'openclaw', timeoutMs: 5000 }, ModelAnswerSchema)
  const learn = (turns = LONG_CALL) =>
    askAll(learningMessages({ record, turns, startedAt, timeZone: 'UTC', now: startedAt }), (part) => model.ask(part, signal))
  return { requests, learn }
}

t.test('asks about one part after the other, and joins the answers', async (t) => {
  const dana = { value: 'Dana', confidence: 1, turns: [1] }
  const dora = { value: 'Dora', confidence: 1, turns: [2] }
  const promise = { op: 'open' as const, item_id: null, text: 'A call back', turns: [3], valid_from: null, valid_until: null }
  const { learn, requests } = await asking(t, [
    { answer: { operations: [fact('one')], caller_name: dana, language: 'de', open_items: [] } },
    { text: `Well:\n${JSON.stringify({ operations: [{}, fact('two'), 'x'], caller_name: dora })}` },
    { answer: { operations: [fact('three')], caller_name: null, language: null, open_items: [promise, 7] } }
  ])

  t.strictSame(await learn(), {
    operations: [fact('one'), fact('two'), fact('three')], caller_name: dora, language: 'de', open_items: [promise], malformed: 3
  })
  t.strictSame(requests.map(({ body }) => /part . of .: turns \d+ to \d+/.exec(JSON.stringify(body))?.[0]), [
    'part 1 of 3: turns 1 to 4', 'part 2 of 3: turns 5 to 8', 'part 3 of 3: turns 9 to 12'
  ])
})

t.test('asks nothing when the caller said nothing', async (t) => {
  const { learn, requests } = await asking(t, [])

  t.strictSame(await learn([]), {
    ...EMPTY, malformed: 0
  })
  t.strictSame(requests, [])
})

t.test('learns nothing from a call when the answer to one part cannot be read', async (t) => {
  for (const second of [{ cutOff: { operations: [fact('two')] } }, { text: 'Nothing to learn here.' }, { text: '{}' }]) {
    const { learn, requests } = await asking(t, [{ answer: { operations: [fact('one')] } }, second, { answer: {} }])

    await t.rejects(learn(), {
      name: 'ModelAnswerUnusable', message: "The model's answer cannot be used: it is not the JSON that was asked for, or is cut off"
    })
    t.equal(requests.length, 2)
  }
})

t.test('ends with the error of the model, and with the reason of an abort between two parts', async (t) => {
  const { learn } = await asking(t, [{ answer: { operations: [] } }, { status: 503 }])
  await t.rejects(learn(), { name: 'ModelUnavailable' })

  const stop = new AbortController()
  const { learn: stopped, requests } = await asking(t, () => {
    stop.abort(new Error('the bridge stops'))
    return { answer: { operations: [] } }
  }, stop.signal)
  await t.rejects(stopped(), { message: 'the bridge stops' })
  t.equal(requests.length, 1)
})
