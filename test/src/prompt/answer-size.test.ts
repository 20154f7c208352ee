import fc from 'fast-check'
import t from 'tap'
import { byteLength, maxBytesWithoutMemory, MAX_RESPONSE_BYTES, personalResponse, type Override } from '../../../src/prompt/call-start-response.ts'
import { answerInput, call, fact, note, record, SETTINGS, soul } from './samples.ts'

const OVERRIDES: Override[] = ['prompt', 'first_message', 'language']
const settings = { ...SETTINGS, OVERRIDES, MEMORY_MAX_CHARS: 16_000 }
const wide = '\u{20000}'

/** As much as a record can hold, in letters of 4 bytes. */
const fullest = record({
  caller_name: wide.repeat(60),
  language: 'xxx-xxxxxxxx',
  session_id: 's'.repeat(64),
  facts: Array.from({ length: 40 }, (_, index) => fact(`${index} ${wide.repeat(990)}`, { pinned: index < 20 })),
  notes: Array.from({ length: 20 }, (_, index) => note(`${index} ${wide.repeat(990)}`)),
  calls: Array.from({ length: 20 }, (_, index) => call(index + 1, `${index} ${wide.repeat(1900)}`, { title: wide.repeat(100) }))
})

const largest = (
  over: Parameters<typeof soul>[0],
  more: Partial<typeof settings> = {}
) => personalResponse(answerInput({
  soul: soul(over), record: fullest, callNumber: 21, sessionId: fullest.session_id
}), { ...settings, ...more })

t.test('a response is below 32 KB with the largest memory', async (t) => {
  const { response: answer, told } = largest({})
  t.ok(byteLength(answer) <= MAX_RESPONSE_BYTES)
  t.ok(told.length > 3, 'and tells some of it')
})

t.test('a response is below 32 KB with the largest soul', async (t) => {
  const prompt = 'x'.repeat(20_000)
  const { response: answer, told } = largest({ prompt })
  t.ok(byteLength(answer) <= MAX_RESPONSE_BYTES)
  t.ok(told.some(({ reason }) => reason === 'caller'), 'and still tells who it is')
  t.match(answer.conversation_config_override?.agent.prompt?.prompt, /<\/caller_record>$/, 'in a whole block')
})

t.test('a soul of quotes and line breaks is too large for a response', async (t) => {
  t.ok(maxBytesWithoutMemory(soul({ prompt: 'x"\n'.repeat(6_800) }), settings) > MAX_RESPONSE_BYTES)
})

t.test('so is a greeting that repeats its variables', async (t) => {
  const firstMessageReturning = '{{caller_name}}'.repeat(60)
  t.ok(maxBytesWithoutMemory(soul({ prompt: 'x'.repeat(20_000), firstMessageReturning }), settings) > MAX_RESPONSE_BYTES)
})

t.test('if a soul fits by itself, every response with it fits', async (t) => {
  const piece = fc.constantFrom('"', '\n', 'x', '\u{1f600}', '{{caller_name}}', '{{caller_memory}}', '{{call_count}}', '{{last_call_summary}}', '{{own}}')
  const text = (maxLength: number) => fc.tuple(
    piece,
    fc.integer({ min: 1, max: maxLength })
  ).map(([each, times]) => each.repeat(times).slice(0, maxLength))
  const souls = fc.record({
    prompt: text(20_000),
    firstMessage: text(1000),
    firstMessageReturning: text(1000),
    variables: text(1000).map((own) => ({ own }))
  })
  let fitting = 0

  fc.assert(fc.property(souls, fc.constantFrom(0, 3200, 16_000), (each, MEMORY_MAX_CHARS) => {
    if (maxBytesWithoutMemory(soul(each), settings) > MAX_RESPONSE_BYTES) return true
    fitting++
    return byteLength(largest(each, { MEMORY_MAX_CHARS }).response) <= MAX_RESPONSE_BYTES
  }), { numRuns: 60 })

  t.ok(fitting > 10)
})
