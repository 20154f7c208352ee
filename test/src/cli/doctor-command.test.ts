import t from 'tap'
import { testEnv } from '../../helper.ts'
import { run } from './command.ts'

t.test('settings with which no bridge starts are a finding', async (t) => {
  const { code, out, err } = await run(t, ['doctor', '--json'], testEnv(t, { ELEVENLABS_AGENT_ID: '' }))

  t.strictSame([code, err], [2, ''])
  t.match(JSON.parse(out), { result: 'failure', findings: [{ check: 'settings', level: 'failure', message: /ELEVENLABS_AGENT_ID is missing/ }] })
})
