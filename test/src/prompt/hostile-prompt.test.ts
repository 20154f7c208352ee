import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { personalResponse } from '../../../src/prompt/call-start-response.ts'
import { anyNotes, anyRecord, answerInput, SETTINGS } from './samples.ts'
import { runs } from '../../long.ts'

t.test('whatever callers say, the prompt has one fence, and no line in it is structure', async () => {
  const input = fc.record({ record: anyRecord(), globalNotes: anyNotes(), callNumber: fc.integer({ min: 1, max: 9 }) })

  fc.assert(fc.property(input, fc.constantFrom(400, 3200, 16_000), (fields, memoryMaxChars) => {
    const { response: answer } = personalResponse(answerInput(fields), { ...SETTINGS, memoryMaxChars })
    const prompt = answer.conversation_config_override?.agent.prompt?.prompt ?? ''
    const [soul, ...block] = prompt.split('\n\n')

    assert.equal(soul, 'You answer the phone.')
    assert.equal(block.length, 1)
    assert.equal(prompt.split('<caller_record>').length, 2, 'the opening mark comes once')
    assert.equal(prompt.split('</caller_record>').length, 2, 'the closing mark comes once')
    assert.ok(prompt.endsWith('</caller_record>'))
    for (const line of block[0]!.split('\n')) assert.doesNotMatch(line, /^\s*(?:#|```|~~~|>|---|===)|[{}]|[\p{Cc}\p{Zl}\p{Zp}]/u)
  }), { numRuns: runs(300) })
})

t.test('whatever callers say, a variable and the greeting are one line without a placeholder', async () => {
  fc.assert(fc.property(anyRecord(), (record) => {
    const { response: answer } = personalResponse(answerInput({ record, callNumber: 9 }), SETTINGS)
    const texts = [...Object.values(answer.dynamic_variables), answer.conversation_config_override?.agent.first_message ?? '']

    for (const text of texts) assert.doesNotMatch(text, /\{\{|\}\}|[\p{Cc}\p{Zl}\p{Zp}]|[<>]/u)
  }), { numRuns: runs(300) })
})
