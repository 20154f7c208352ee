/** The audit's row: a call that broke off is resumed, and a returning caller without a name is no stranger. */
import t from 'tap'
import type { Call, CallerRecord } from '../../../schemas/caller-record.ts'
import { personalResponse } from '../../../src/prompt/call-start-response.ts'
import { answerInput, call, NOW, record, SETTINGS, soul } from './samples.ts'

const ago = (minutes: number) => new Date(Date.parse(NOW) - minutes * 60_000).toISOString()
const open = (minutes: number, fields: Partial<Call> = {}) =>
  call(1, null, { started_at: ago(minutes), ended_at: null, duration_secs: null, status: 'ringing', ...fields })
const failed = (minutes: number, fields: Partial<Call> = {}) =>
  call(1, null, { started_at: ago(minutes + 2), ended_at: ago(minutes), duration_secs: 120, status: 'failed', ...fields })

const resumable = soul({
  firstMessageReturning: 'Welcome back, {{caller_name|there}}!',
  firstMessageResumed: 'We were cut off, {{caller_name|sorry}}. {{last_call_summary|Where were we?}}'
})

function answer (before: Call, fields: Partial<CallerRecord> = {}, minutes = 10, of = resumable) {
  const known = record({ calls: [before, call(2, null, { started_at: NOW })], ...fields })
  const input = answerInput({ soul: of, record: known, callNumber: 2 })
  const { response, told } = personalResponse(input, { ...SETTINGS, RESUME_MINUTES: minutes })
  const agent = response.conversation_config_override?.agent
  return { says: agent?.first_message, prompt: agent?.prompt?.prompt ?? '', variables: response.dynamic_variables, told }
}

t.test('a call that broke off is resumed, within RESUME_MINUTES', async (t) => {
  const cases: Array<[what: string, before: Call, isResumed: boolean]> = [
    ['it failed', failed(3), true],
    ['it has an error', failed(3, { status: 'done', failure_reason: 'lost the line' }), true],
    ['it has no end yet', open(3), true],
    ['it ended well', failed(3, { status: 'done' }), false],
    ['nobody answered', failed(3, { duration_secs: 0 }), false],
    ['it failed too long ago', failed(10), false],
    ['it failed just in time', failed(9.99), true],
    ['it began too long ago and has no end', open(10), false],
    ['it is ahead of our clock', open(-1), false]
  ]
  for (const [what, before, isResumed] of cases) {
    const { says, prompt, variables } = answer(before)
    t.equal(says?.startsWith('We were cut off'), isResumed, what)
    t.equal(/this call goes on with it/.test(prompt), isResumed, what)
    if (isResumed) t.match(variables, { is_returning: 'true', call_count: '2' }, 'the count rises as usual')
  }
  t.match(answer(failed(3), {}, 0).says, 'Hello there!', '0 turns it off')
})

t.test('it is resumed with the summary, if that has arrived', async (t) => {
  const { says, prompt } = answer(failed(3, { summary: 'Ordered flowers.' }), { caller_name: 'Dana' })

  t.equal(says, 'We were cut off, Dana. Ordered flowers.')
  t.match(prompt, 'The call before broke off 3 minutes ago; this call goes on with it.\nEarlier calls:\n- 2026-11-22: Ordered flowers.')
})

t.test('or with what was said last', async (t) => {
  const turns = [{ number: 1, role: 'user' as const, text: 'I want\nflowers' }, { number: 2, role: 'agent' as const, text: 'Which ones?' }]
  const job = { conversation_id: 'conv_1', state: 'waiting' as const, tries: 0, created_at: NOW, due_at: NOW, error: null, turns }
  for (const { prompt, told, says } of [answer(failed(1, { transcript: turns })), answer(failed(1), { jobs: [job] })]) {
    t.match(prompt, 'The call before broke off a minute ago; this call goes on with it. Said last: Caller: I want flowers Agent: Which ones?')
    t.match(told[1], { reason: 'broken-off-call', id: 'conv_1' })
    t.equal(says, 'We were cut off, sorry. Where were we?')
  }
})

t.test('otherwise the greeting alone, and no other call\'s summary', async (t) => {
  const before = [call(1, 'Asked for opening hours.'), open(0, { number: 2, conversation_id: 'conv_2' }), call(3, null, { started_at: NOW })]
  const input = answerInput({ soul: resumable, record: record({ calls: before }), callNumber: 3 })
  const { response, told } = personalResponse(input, SETTINGS)

  t.equal(response.conversation_config_override?.agent.first_message, 'We were cut off, sorry. Where were we?')
  t.match(told[1], { reason: 'broken-off-call', id: null, text: 'The call before began a moment ago and has no end; this call goes on with it.' })
})

t.test('a soul without first_message_resumed greets a returning caller', async (t) => {
  t.equal(answer(failed(3), { caller_name: 'Dana' }, 10, soul()).says, 'Welcome back, Dana!')
  t.equal(answer(failed(3), {}, 10, soul({ firstMessageResumed: 'Back to {{last_call_summary}}', firstMessageReturning: 'Hello again.' })).says, 'Hello again.')
})

t.test('a returning caller whose name is not known is greeted as returning', async (t) => {
  t.equal(answer(failed(60, { status: 'done' })).says, 'Welcome back, there!')
})

t.test('the bridge fills fallbacks in the prompt, too, and leaves the rest to ElevenLabs', async (t) => {
  const of = soul({ prompt: 'Call them {{caller_name|friend}}, not {{caller_name}} or {{ shop | a shop }}.', variables: { shop: 'Corner' } })
  t.match(answer(failed(60), {}, 10, of).prompt, /^Call them friend, not \{\{caller_name\}\} or Corner\.\n/)
  t.match(answer(failed(60), { caller_name: 'Dana' }, 10, of).prompt, /^Call them Dana, not/)
})
