import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import t, { type Test } from 'tap'
import type { Questions } from '../../../src/cli/questions.ts'
import { CommandFailed } from '../../../src/errors.ts'
import { ELEVENLABS_KEY, fakeElevenLabs, type FakeElevenLabs } from '../../fake-elevenlabs.ts'
import { fakeWorkspace } from '../../fake-workspace.ts'
import { run, type Ended } from './command.ts'

const URL = 'https://bridge.example'

interface Setup {
  fake: FakeElevenLabs
  file: string
  soul: string
  env: Record<string, string | undefined>
  init: (...options: string[]) => Promise<Ended>
  settings: () => Record<string, string | undefined>
}

async function setup (t: Test, content: string | null = null): Promise<Setup> {
  const fake = await fakeElevenLabs(t)
  fake.workspace.agents = fakeWorkspace({ agent_0001: 'Front desk', agent_0002: 'Night desk' }).agents
  fake.workspace.numbers = [{ phone_number_id: 'p', phone_number: '+15550100001', label: '', provider: 'twilio', assigned_agent: { agent_id: 'agent_0001', agent_name: 'Front desk' } }]
  const folder = t.testdir()
  const [file, soul] = [join(folder, '.env'), join(folder, 'soul.md')]
  if (content !== null) writeFileSync(file, content, { mode: 0o644 })
  const env: Setup['env'] = { ELEVENLABS_API_BASE_URL: fake.url, SOUL_TEMPLATE_PATH: soul, ELEVENLABS_API_KEY: ELEVENLABS_KEY }
  return {
    fake, file, soul, env, init: (...options) => run(t, ['init', '--settings-file', file, ...options], env), settings: () => parseEnv(readFileSync(file, 'utf8'))
  }
}

/** Answers in place of a person: an answer for each question. */
function person (answers: Array<string | boolean>): { questions: Questions, asked: string[] } {
  const asked: string[] = []
  const next = async <T>(message: string): Promise<T> => {
    asked.push(message)
    if (answers.length === 0) throw new CommandFailed('Cancelled')
    return answers.shift() as T
  }
  const choose: Questions['choose'] = async (message) => [await next<string>(message)]
  return { asked, questions: { text: next, secret: next, confirm: next, choose } }
}

async function interactive (t: Test, { file, env }: Setup, answers: Array<string | boolean>) {
  const { questions, asked } = person(answers)
  return { ...await run(t, ['init', '--settings-file', file], env, '', undefined, { questions }), asked }
}

t.test('init', async (t) => {
  t.test('makes every secret, for its owner only, and settings that the bridge takes', async (t) => {
    const { fake, file, soul, init, settings } = await setup(t)

    const { code, err, out } = await init('--agent', 'agent_0001', '--public-url', URL, '--encrypt')

    t.equal(code, 0, err)
    const all = settings()
    t.match(all, {
      ELEVENLABS_API_KEY: ELEVENLABS_KEY, ELEVENLABS_AGENT_ID: 'agent_0001', PUBLIC_BASE_URL: URL, OPENCLAW_API_BASE_URL: 'http://127.0.0.1:18789/v1', DATA_ENCRYPTION_KEY: /^[\w+/]{43}=$/, CALLER_TOKEN_KEY: /^[\w+/]{43}=$/
    })
    const secrets = ['ADMIN_API_KEY', 'WEBHOOK_SECRET', 'WEBHOOK_HEADER_SECRET', 'PHONE_HASH_KEY'].map((name) => all[name])
    for (const secret of secrets) t.match(secret, /^[0-9a-f]{64}$/)
    t.equal(new Set(secrets).size, 4, 'no two are the same')
    t.equal(all['LEARN_FROM_TRANSCRIPT'], undefined)
    t.equal(statSync(file).mode & 0o777, 0o600)
    t.match(readFileSync(soul, 'utf8'), readFileSync('soul_template.md', 'utf8'))
    for (const secret of [...secrets, ELEVENLABS_KEY]) t.notOk((out + err).includes(secret!), 'no secret is printed')
    t.match(out, /memory-bridge connect/)
    t.strictSame(fake.workspace.writes, [])
  })

  t.test('keeps an existing file, and adds what is missing', async (t) => {
    const { soul, init, settings, file } = await setup(t, [
      '# mine', `PUBLIC_BASE_URL=${URL}/`, 'WEBHOOK_SECRET=mine-already', 'ADMIN_API_KEY=change-me-admin-key', 'PORT=9000', ''
    ].join('\n'))
    writeFileSync(soul, 'My own soul.')

    t.match(await init('--agent', 'agent_0001,agent_0002'), { code: 0 })

    t.match(readFileSync(file, 'utf8'), new RegExp(`^# mine\\nPUBLIC_BASE_URL=${URL}/\\nWEBHOOK_SECRET=mine-already\\nADMIN_API_KEY=[0-9a-f]{64}\\nPORT=9000\\n`))
    t.match(settings()['WEBHOOK_HEADER_SECRET'], /^[0-9a-f]{64},mine-already$/, 'a header that is sent already goes on working')
    t.equal(statSync(file).mode & 0o777, 0o600)
    t.equal(readFileSync(soul, 'utf8'), 'My own soul.')
    const before = readFileSync(file, 'utf8')
    t.match(await init(), { code: 0, err: /has everything already, and was not changed/ })
    t.equal(readFileSync(file, 'utf8'), before)
  })

  t.test('without a terminal it says what is missing, and writes nothing', async (t) => {
    const { env, file, init } = await setup(t)

    t.match(await init(), { code: 2, err: /--agent <id>, one of agent_0001 \(Front desk, \+15550100001\), agent_0002 \(Night desk\)\n.*--public-url/ })
    delete env['ELEVENLABS_API_KEY']
    t.match(await init('--agent', 'agent_0001'), { code: 2, err: /ELEVENLABS_API_KEY in the environment.*\n.*--public-url/ })
    t.notOk(existsSync(file))
  })

  t.test('refuses what cannot work', async (t) => {
    const { fake, file, init } = await setup(t)

    t.match(await init('--agent', 'agent_9', '--public-url', URL), { code: 1, err: /has no agent agent_9: it has agent_0001/ })
    for (const url of ['http://bridge.example', 'bridge.example', 'https://bridge.example.com', 'https://https://bridge.example.org']) {
      t.match(await init('--agent', 'agent_0001', '--public-url', url), { code: 1, err: /cannot be used/ })
    }
    fake.instead = () => ({ status: 401, body: '{}' })
    t.match(await init('--agent', 'agent_0001', '--public-url', URL), { code: 1, err: /ElevenLabs refuses the key \(401\)/ })
    t.notOk(existsSync(file))
  })

  t.test('on a terminal it asks, and only for what it does not know', async (t) => {
    const all = await setup(t)
    delete all.env['ELEVENLABS_API_KEY']

    const { code, asked, err } = await interactive(t, all, [ELEVENLABS_KEY, 'agent_0002', URL, true, 'https://claw.example/v1', 'a-claw-token', false])

    t.equal(code, 0, err)
    t.match(asked, [/API key/, /Which agents/, /Address at which ElevenLabs/, /language model/, /Address of OpenClaw/, /token/, /Seal/])
    t.match(all.settings(), { ELEVENLABS_AGENT_ID: 'agent_0002', LEARN_FROM_TRANSCRIPT: 'true', OPENCLAW_API_KEY: 'a-claw-token', OPENCLAW_API_BASE_URL: 'https://claw.example/v1' })
    t.equal(all.settings()['DATA_ENCRYPTION_KEY'], undefined)
  })

  t.test('whoever gives up has changed nothing', async (t) => {
    const all = await setup(t)

    t.match(await interactive(t, all, ['agent_0002', URL]), { code: 1, err: 'Cancelled\n' })
    t.notOk(existsSync(all.file))
  })
})
