import t from 'tap'
import { MAX_SOUL_BYTES, parseSoul, placeholders, SoulFault, unknownPlaceholders } from '../../../src/prompt/soul.ts'
import { soul } from './samples.ts'

const noFaults = () => []
const BARE = { prompt: 'You answer.', firstMessage: null, firstMessageReturning: null, firstMessageResumed: null, language: null, variables: {} }

t.test('a soul is read', async (t) => {
  const cases: Array<[what: string, file: string, expected: Partial<typeof BARE> | ReturnType<typeof soul>]> = [
    ['without front matter', '\nYou answer.\n', BARE],
    ['with empty front matter', '---\n---\nYou answer.', BARE],
    ['with front matter of a comment', '---\n# nothing yet\n---\nYou answer.', BARE],
    ['with everything', '---\nfirst_message: Hi\nfirst_message_returning: "Hi again"\nlanguage: de\nvariables:\n  shop: Corner\n  floor: 3\n  open: true\n---\nYou answer.',
      { ...BARE, firstMessage: 'Hi', firstMessageReturning: 'Hi again', firstMessageResumed: null, language: 'de', variables: { shop: 'Corner', floor: '3', open: 'true' } }],
    ['with CRLF', '---\r\nfirst_message: Hi\r\n---\r\nYou answer.\r\n', { ...BARE, firstMessage: 'Hi' }],
    ['with a byte order mark', '\ufeff---\nfirst_message: Hi\n---\nYou answer.', { ...BARE, firstMessage: 'Hi' }],
    ['with blanks behind the marks', '---  \nfirst_message: Hi\n--- \nYou answer.', { ...BARE, firstMessage: 'Hi' }],
    ['with rules in the text', 'You answer.\n\n---\nfirst_message: x\n---\nPolitely.', { ...BARE, prompt: 'You answer.\n\n---\nfirst_message: x\n---\nPolitely.' }]
  ]
  for (const [what, file, expected] of cases) t.strictSame(parseSoul(file, noFaults), expected, what)
})

t.test('a soul is refused', async (t) => {
  const cases: Array<[what: string, file: string, message: RegExp]> = [
    ['empty', '', /no text/],
    ['blank', '\ufeff \n\t', /no text/],
    ['with front matter alone', '---\nfirst_message: Hi\n---\n', /no text below the front matter/],
    ['only marks', '---\n---', /no text below the front matter/],
    ['with broken YAML', '---\nfirst_message: "Hi\n---\nYou answer.', /not valid YAML/],
    ['with a variable that the bridge sets', '---\nvariables:\n  caller_name: x\n  shop: y\n  session_id: z\n---\nYou answer.', /the bridge itself sets caller_name, session_id$/],
    ['one byte too large', 'x'.repeat(MAX_SOUL_BYTES + 1), /20481 bytes, more than the 20480/],
    ['too large in bytes, not in characters', 'é'.repeat(MAX_SOUL_BYTES / 2 + 1), /20482 bytes/]
  ]
  for (const [what, file, message] of cases) {
    t.throws(() => parseSoul(file, noFaults), { message }, what)
    try { parseSoul(file, noFaults) } catch (error) { t.type(error, SoulFault, what) }
  }
})

t.test('a soul of exactly 20 KB is read', async (t) => {
  t.equal(parseSoul('x'.repeat(MAX_SOUL_BYTES), noFaults).prompt.length, MAX_SOUL_BYTES)
})

t.test('the schema checks the front matter, and all faults are reported', async (t) => {
  const asked: unknown[] = []
  const faults = (frontMatter: unknown) => { asked.push(frontMatter); return ['a is wrong', 'b too'] }

  t.throws(() => parseSoul('---\na: 1\n---\nText', faults), { message: 'front matter: a is wrong; b too' })
  t.strictSame(asked, [{ a: 1 }])
})

t.test('placeholders are found in order, however they are spaced', async (t) => {
  t.strictSame(
    placeholders('{{a}} {{ b_2 }} { {no} } {{a}} {{}} {{system__x}} {{c|}} {{ d | e f }}').map(({ name, fallback }) => [name, fallback]),
    [['a', null], ['b_2', null], ['a', null], ['', null], ['system__x', null], ['c', ''], ['d', 'e f']]
  )
})

t.test('unknown placeholders are those that neither bridge, soul nor ElevenLabs fills', async (t) => {
  t.strictSame(unknownPlaceholders(soul({
    prompt: 'See {{caller_memory}} at {{shop}}, {{system__time}}, {{mystery}}; {{Caller_Name}} {{toString}}',
    firstMessage: '{{mystery}} {{greeting}}',
    firstMessageReturning: '{{returning}} {{session_id}} {{call_count}} {{is_returning}} {{last_call_summary}} {{caller_name}}',
    firstMessageResumed: null,
    variables: { shop: 'Corner' }
  })), ['mystery', 'Caller_Name', 'toString', 'greeting', 'returning'])
  t.strictSame(unknownPlaceholders(soul({ firstMessage: null, firstMessageReturning: null })), [])
})
