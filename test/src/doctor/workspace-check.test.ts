import t from 'tap'
import { checkCalls, checkWorkspace, type KnownCall } from '../../../src/doctor/workspace-check.ts'
import { broken } from './doctor.ts'

t.test('the workspace has the agents, or not', async (t) => {
  const check = (agents: Parameters<typeof checkWorkspace>[1]) => checkWorkspace(['agent_1'], agents)

  t.match(check([{ id: 'agent_1', name: 'Front desk' }]), [{ level: 'ok' }])
  t.strictSame(broken(check([{ id: 'agent_2', name: 'Other' }])), ['failure workspace: The workspace of ELEVENLABS_API_KEY has no agent agent_1. It has Other (agent_2).'])
  t.strictSame(broken(check([])), ['failure workspace: The workspace of ELEVENLABS_API_KEY has no agent agent_1. It has no agents.'])
  t.strictSame(broken(check({ fault: 'ElevenLabs refuses the key (401)' })), ['failure workspace: ElevenLabs refuses the key (401)'])
})

t.test('calls at ElevenLabs, and what the bridge saw of them', async (t) => {
  const STARTED = '2026-11-22T09:00:00.000Z'
  const after = Date.parse(STARTED) / 1000 + 60
  const call = (change: Partial<KnownCall> = {}): KnownCall => ({ startedAtSeconds: after, status: 'done', direction: 'inbound', ...change })
  const status = (starts: number, refused = 0) => ({
    started_at: STARTED, calls: { starts, foreign_starts: 0, refused: { personalize: { requests: refused } } }
  }) as Parameters<typeof checkCalls>[1]

  t.match(checkCalls([call()], status(1)), [{ level: 'ok', message: 'Phone calls at ElevenLabs in the last day: 1.' }])
  t.match(checkCalls(null, null), [{ level: 'skipped' }])
  t.strictSame(broken(checkCalls([call(), call()], status(0))), ['failure calls: Phone calls at ElevenLabs since the bridge was started: 2. It asked the bridge for none.'])
  t.strictSame(broken(checkCalls([call()], status(0, 1))), [], 'a refused one is another matter')
  t.strictSame(broken(checkCalls([call()], null)), [], 'nobody knows')
  t.strictSame(broken(checkCalls([call({ direction: null }), call({ direction: 'outbound' }), call({ startedAtSeconds: after - 120 })], status(0))), [], 'only phone calls since the start count')
  t.strictSame(broken(checkCalls([call({ status: 'failed' }), call()], status(2))), ['warning calls: Of its 2 conversations, 1 failed.'])
})
