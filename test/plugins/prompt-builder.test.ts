import { rename, rm, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { buildApp } from '../../src/app.ts'
import { testEnv } from '../helper.ts'
import { directDisk } from '../stored.ts'

type App = Awaited<ReturnType<typeof buildWith>>['app']

/** An app on a soul of its own, its log lines, and where the soul is. */
async function buildWith (t: Test, text: string, env: Record<string, string> = {}) {
  const apps: FastifyInstance[] = []
  t.teardown(() => apps[0]?.close())
  const settings = testEnv(t, env)
  const path = String(settings['SOUL_TEMPLATE_PATH'])
  const lines: Array<Record<string, unknown>> = []
  if (env['SOUL_TEMPLATE_PATH'] === undefined) await writeFile(path, text)
  const app = await buildApp({
    env: settings,
    disk: directDisk,
    soulPollMs: 100,
    logOutput: { write: (line) => { lines.push(JSON.parse(line)) } }
  })
  apps.push(app)
  return { app, path, lines }
}

async function refusal (t: Test, text: string, env: Record<string, string> = {}): Promise<string> {
  return await buildWith(t, text, env).then(() => 'it started', (error: { code: string, message: string }) => `${error.code} ${error.message}`)
}

const agentOf = (app: App) => app.promptBuilder.neutral('some-session').conversation_config_override?.agent
const promptOf = (app: App) => agentOf(app)?.prompt?.prompt

async function until (holds: () => boolean) {
  for (let waited = 0; !holds() && waited < 3500; waited += 20) await sleep(20)
}

t.test('at the start', async (t) => {
  t.test('a soul is refused with what is wrong, and where', async (t) => {
    const cases: Array<[what: string, text: string, message: RegExp]> = [
      ['empty', '', /BRIDGE_SOUL_INVALID The soul file .*soul\.md cannot be used: it has no text/],
      ['too large', 'x'.repeat(20_481), /20481 bytes, more than the 20480 allowed/],
      ['too large once it is JSON', '"\n'.repeat(10_000), /a response with it can have \d+ bytes, more than the 32000 allowed/],
      ['broken YAML', '---\nfirst_message: [\n---\nText', /front matter is not valid YAML/],
      ['a list for front matter', '---\n- one\n---\nText', /must be object/],
      ['a text for front matter', '---\nhello\n---\nText', /must be object/],
      ['an unknown key', '---\nfirst_mesage: Hi\n---\nText', /first_mesage .*\(first_message, first_message_returning, first_message_resumed, language and variables\)/],
      ['a wrong type', '---\nfirst_message: 5\n---\nText', /first_message must be string \(text of 1 to 1000 characters\)/],
      ['an empty first message', '---\nfirst_message: ""\n---\nText', /first_message must NOT have fewer than 1/],
      ['a language that is none', '---\nlanguage: english please\n---\nText', /language must match/],
      ['variables of a wrong type', '---\nvariables: shop\n---\nText', /variables must be object/],
      ['a list as a variable', '---\nvariables:\n  shop: [a]\n---\nText', /variables\/shop must be/],
      ['a variable of the bridge', '---\nvariables:\n  caller_name: x\n---\nText', /the bridge itself sets caller_name/],
      ['a variable of the system', '---\nvariables:\n  system__time: x\n---\nText', /variables\/system__time .*not system__… or secret__…/],
      ['a secret variable', '---\nvariables:\n  secret__key: x\n---\nText', /variables\/secret__key/],
      ['a variable that no placeholder can name', '---\nvariables:\n  my-shop: x\n---\nText', /variables\/my-shop/]
    ]
    for (const [what, text, message] of cases) t.match(await refusal(t, text), message, what)
    t.match(await refusal(t, 'Text', { SOUL_TEMPLATE_PATH: '/nowhere/soul.md' }), /BRIDGE_SOUL_INVALID .*ENOENT/, 'a missing file')
  })

  t.test('several faults are told at once', async (t) => {
    t.match(await refusal(t, '---\nfirst_message: 5\nlanguage: 7\nother: 1\n---\nText'), /(?=.*first_message)(?=.*language)(?=.*other)/)
  })

  t.test('what the soul declares is sent, and passes the answer\'s schema', async (t) => {
    const { app, lines } = await buildWith(t, '---\nfirst_message: "{{shop}}, {{caller_name}}?"\nvariables:\n  shop: Corner\n  floor: 3\n---\nAt {{shop}}.', { WEBHOOK_SECRET: '' })

    const res = await app.inject({ method: 'POST', url: '/webhook/personalize', payload: { agent_id: 'agent_0001', caller_id: 'anonymous' } })

    t.match(res.json(), {
      dynamic_variables: { shop: 'Corner', floor: '3', caller_name: 'there' },
      conversation_config_override: { agent: { prompt: { prompt: 'At {{shop}}.' }, first_message: 'Corner, there?' } }
    })
    t.notOk(lines.some(({ placeholders }) => placeholders))
  })

  t.test('placeholders that nobody fills are reported', async (t) => {
    const { lines } = await buildWith(t, '---\nfirst_message: "{{greeting}} {{caller_name}}"\n---\n{{system__time}} {{mood}}')

    t.match(lines.filter(({ placeholders }) => placeholders), [{ level: 50, placeholders: ['mood', 'greeting'] }])
  })

  t.test('OVERRIDES decides what is sent', async (t) => {
    const soul = '---\nfirst_message: Hi\nlanguage: de\n---\nText'
    const cases: Array<[OVERRIDES: string, agent: object | undefined]> = [
      ['', { prompt: { prompt: 'Text' }, first_message: 'Hi' }],
      ['language, prompt', { prompt: { prompt: 'Text' }, language: 'de' }],
      ['none', undefined]
    ]
    for (const [OVERRIDES, agent] of cases) {
      await t.test(`as ${OVERRIDES}`, async (t) => t.strictSame(agentOf((await buildWith(t, soul, { OVERRIDES })).app), agent))
    }
  })
})

t.test('while running', async (t) => {
  t.test('an edit is picked up, a broken one keeps the last good soul and is reported', async (t) => {
    const { app, path, lines } = await buildWith(t, 'One.')
    const errors = () => lines.filter(({ level }) => level === 50)
    await sleep(20)

    await writeFile(path, 'Two.')
    await until(() => promptOf(app) === 'Two.')
    t.equal(promptOf(app), 'Two.')

    await writeFile(path, '---\nfirst_message: [\n---\nBroken.')
    await until(() => errors().length > 0)
    t.equal(promptOf(app), 'Two.')
    t.match(errors(), [{ msg: 'the edited soul cannot be used; the last good one stays in use', err: { code: 'BRIDGE_SOUL_INVALID' } }])

    await writeFile(path, 'Three, after a broken one.')
    await until(() => promptOf(app) !== 'Two.')
    t.equal(promptOf(app), 'Three, after a broken one.')
  })

  t.test('a file that is deleted, then replaced by renaming, is picked up', async (t) => {
    const { app, path, lines } = await buildWith(t, 'One.')
    await sleep(20)

    await rm(path)
    await until(() => lines.some(({ level }) => level === 50))
    t.equal(promptOf(app), 'One.')

    await writeFile(`${path}.new`, 'Four.')
    await rename(`${path}.new`, path)
    await until(() => promptOf(app) === 'Four.')
    t.equal(promptOf(app), 'Four.')

    await writeFile(`${path}.new`, 'Five, renamed over it.')
    await rename(`${path}.new`, path)
    await until(() => promptOf(app) !== 'Four.')
    t.equal(promptOf(app), 'Five, renamed over it.')
  })
})
