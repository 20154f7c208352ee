/** The command line as a whole: help, exit codes, settings. */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { EXIT } from '../../../src/process.ts'
import { VERSION } from '../../../src/version.ts'
import { testEnv } from '../../helper.ts'
import { run, start } from './command.ts'

const COMMANDS = ['serve', 'demo', 'doctor', 'simulate', 'hash', 'seal', 'sweep', 'backfill', 'backup', 'restore']

t.test('--help lists every command, where settings come from, exit codes and examples', async (t) => {
  t.testdir()
  const { code, out, err } = await run(t, ['--help'], {})

  t.equal(code, 0)
  t.equal(err, '')
  for (const name of COMMANDS) t.match(out, new RegExp(`^  ${name} `, 'm'))
  t.match(out, /environment and from \.env/)
  for (const exitCode of Object.values(EXIT)) t.match(out, new RegExp(`^  ${exitCode}  +\\S`, 'm'), `it explains ${exitCode}`)
  t.match(out, /^ {2}\$ memory-bridge backup /m)
  t.ok(out.split('\n').every((line) => line.length <= 90), 'no line is too long for a terminal')
})

t.test('every command has help of its own', async (t) => {
  t.testdir()
  for (const name of COMMANDS) {
    const { code, out } = await run(t, [name, '--help'], {})
    t.equal(code, 0)
    t.match(out, new RegExp(`^Usage: memory-bridge ${name}`))
  }
})

t.test('the package names the command, which says what runs it', async (t) => {
  const { bin } = JSON.parse(readFileSync('package.json', 'utf8'))

  t.strictSame(bin, { 'memory-bridge': 'dist/src/cli/memory-bridge.js' })
  t.match(readFileSync(bin['memory-bridge'], 'utf8'), /^#!\/usr\/bin\/env node\n/)
  t.equal(statSync(bin['memory-bridge']).mode & 0o111, 0o111, 'it can be run')
})

t.test('--version prints the version', async (t) => {
  t.testdir()
  t.match(await run(t, ['--version'], {}), { code: 0, out: `${VERSION}\n` })
})

t.test('wrong arguments end with 2 and a pointer to the help', async (t) => {
  const env = testEnv(t)
  for (const args of [['nonsense'], ['hash'], ['hash', 'a', 'b'], ['restore', '--nonsense', 'x']]) {
    const { code, err, out } = await run(t, args, env)
    t.equal(code, 2, args.join(' '))
    t.match(err, /^error: .*\n\(--help shows/)
    t.equal(out, '')
  }
})

t.test('no command at all is wrong, and prints the help', async (t) => {
  t.testdir()
  t.match(await run(t, [], {}), { code: 2, err: /^Usage: / })
})

t.test('missing settings end every command with 78 and the list that the bridge gives', async (t) => {
  t.testdir()
  const list = /^3 settings need your attention before the bridge can start:\n {2}ELEVENLABS_API_KEY is missing/
  for (const args of [['hash', '+15550100123'], ['restore', 'x']]) t.match(await run(t, args, {}), { code: 78, out: '', err: list })
  t.match(await start(t, ['serve'], {}).ended, { code: 78, out: '', err: list })
})

t.test('settings come from .env, and variables that are set win', async (t) => {
  const env = testEnv(t)
  writeFileSync(join(t.testdirName, '.env'), Object.entries(env).map(([name, value]) => `${name}=${value}\n`).join(''))
  const hash = async (more: Record<string, string>) => await start(t, ['hash', '+15550100123'], more).ended

  t.match(await hash({}), { code: 0, out: /^[0-9a-f]{64}\n$/ })
  t.match(await hash({ TIMEZONE: 'Nowhere' }), { code: 78, err: /TIMEZONE is wrong/ })
})

t.test('the file with the settings is named by an option that Node leaves alone', async (t) => {
  const file = join(t.testdir(), 'not-there')
  t.match(await start(t, ['doctor', '--settings-file', file], {}).ended, { code: 2, out: /ELEVENLABS_API_KEY is missing/ })
})

t.test('serve is the bridge, and ends with 0 on SIGTERM', async (t) => {
  const { child, ended } = start(t, ['serve'], testEnv(t))
  let port: string | undefined
  for await (const line of createInterface(child.stdout!)) {
    port = /listening on http:\/\/[^:]+:(\d+)/.exec(line)?.[1]
    if (port !== undefined) break
  }
  child.stdout!.resume()

  t.equal((await fetch(`http://127.0.0.1:${port}/health`)).status, 200)
  child.kill('SIGTERM')
  t.match(await ended, { code: 0 })
})

t.test('Ctrl+C ends a command with 130', async (t) => {
  const env = testEnv(t)
  // A signal that comes before the command handles it ends the process without an exit code.
  for (const waitMs of [500, 1000, 2000, 4000, 8000]) {
    const { child, ended } = start(t, ['hash', '-'], env)
    await sleep(waitMs)
    child.kill('SIGINT')
    const { code, err } = await ended
    if (code === null && waitMs < 8000) continue
    t.equal(code, 130)
    t.match(err, /Interrupted\.\n$/)
    return
  }
})

t.test('a reader who has had enough is no failure', async (t) => {
  t.testdir()
  const { child, ended } = start(t, ['--help'], {})
  child.stdout?.destroy()

  t.match(await ended.catch(() => ({ err: '' })), { err: '' })
})
