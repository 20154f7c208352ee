import t from 'tap'
import { redactorFor } from '../../../src/redaction/redact.ts'
import { warmUpTools } from '../../../src/tools/warm-up.ts'

t.test('each tool is used as by a caller, twice, and nothing is stored or logged', async (t) => {
  const refuse = () => { throw new Error('used') }
  const outcomes = await warmUpTools({
    config: { TIMEZONE: 'UTC', FORGET_BY_CALL: 'review' },
    store: { driver: 'files', load: refuse, update: refuse },
    callerId: { fromHash: () => ({ mask: (text: string) => text }) } as never,
    promptBuilder: { language: () => 'de' },
    meanings: null,
    redact: redactorFor('on'),
    now: () => new Date('2026-11-27T10:00:00.000Z'),
    log: { info: refuse, error: refuse }
  })
  t.strictSame(outcomes, ['added', 'found', 'corrected', 'forgotten', 'added', 'found', 'corrected', 'forgotten'])
})
