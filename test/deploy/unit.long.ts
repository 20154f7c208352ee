/** The systemd unit: fits what the build makes, is as strict as it says, and the server works inside its limits. */
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import t, { type Test } from 'tap'
import { EnvSchema } from '../../schemas/env.ts'
import { ADMIN_KEY, AGENT, testEnv, WEBHOOK_SECRET } from '../helper.ts'
import { killAfter } from '../processes.ts'

/** The oldest systemd-analyze that checks a unit without a running systemd. */
const MIN_SYSTEMD = 250
/** Exposure in tenths: 0 is perfectly safe, 100 is not at all. */
const MAX_EXPOSURE = 15
/** Debian's own Python, because python3-seccomp is made for it. */
const PYTHON = '/usr/bin/python3'

const root = process.cwd()
const unitFile = join(root, 'deploy/memory-bridge.service')
const unit = parseUnit(readFileSync(unitFile, 'utf8'))
const [program, script] = only('ExecStart').split(' ')
const server = join(root, relative(only('WorkingDirectory'), script!))

const noAnalyze = whyNoAnalyze()
const noLimits = noAnalyze ?? whyNoSeccomp()
const limits = noLimits === null ? unitLimits() : null

t.test('the unit file', async (t) => {
  t.test('starts what the build makes', async (t) => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

    t.equal(scripts.start, `node ${relative(root, server)}`)
    t.ok(existsSync(server), `${relative(root, server)} exists; npm run build makes it`)
  })

  t.test('sets only settings that there are', async (t) => {
    for (const name of Object.keys(environment())) t.hasOwnProp(EnvSchema.properties, name)
  })

  t.test('keeps the memory in its own state folder, for itself', async (t) => {
    t.equal(environment()['DATA_DIR'], `/var/lib/${only('StateDirectory')}`)
    t.equal(only('StateDirectoryMode'), '0700')
    t.equal(only('UMask'), '0077')
  })

  t.test('reads soul and secrets from one folder', async (t) => {
    const folder = `/etc/${only('ConfigurationDirectory')}`

    t.equal(environment()['SOUL_TEMPLATE_PATH'], `${folder}/soul_template.md`)
    t.equal(only('EnvironmentFile'), `${folder}/env`)
  })

  t.test('waits longer for the stop than the server does', async (t) => {
    const delay = /STOP_DELAY_MS = ([\d_]+)/.exec(readFileSync(join(root, 'src/server.ts'), 'utf8'))

    t.ok(Number(only('TimeoutStopSec')) * 1000 > Number(delay?.[1]?.replaceAll('_', '')))
    t.equal(only('KillSignal'), 'SIGTERM')
  })

  t.test('leaves Node its compiler and the lock its /proc', async (t) => {
    for (const name of ['MemoryDenyWriteExecute', 'ProtectProc', 'ProcSubset']) t.notOk(unit.has(name), `${name} is not set`)
  })
})

testIf(noAnalyze, 'systemd-analyze verify finds nothing', async (t) => {
  // A machine of its own: Node may be elsewhere here, and the units of this one are not ours to judge.
  const machine = t.testdir({ usr: { bin: { node: '' } }, etc: { systemd: { system: { 'memory-bridge.service': readFileSync(unitFile) } } } })
  chmodSync(join(machine, program!), 0o755)

  const { status, output } = run('systemd-analyze', ['verify', '--man=no', '--recursive-errors=no', `--root=${machine}`, `${machine}/etc/systemd/system/memory-bridge.service`])

  t.equal(output, '')
  t.equal(status, 0)
})

testIf(noAnalyze, 'systemd-analyze security finds little', async (t) => {
  const { status, output } = run('systemd-analyze', ['security', '--no-pager', '--offline=yes', `--threshold=${MAX_EXPOSURE}`, unitFile])

  t.comment(output.trim().split('\n').at(-1))
  t.equal(status, 0, `exposure is ${MAX_EXPOSURE / 10} at most`)
})

for (const host of ['127.0.0.1', '0.0.0.0']) {
  testIf(noLimits, `the server works on ${host} within the limits`, async (t) => {
    const { url, pid, stop } = await startLimited(t, host)
    const fact = `${url}/api/memory/${'a'.repeat(64)}`
    const admin = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' }

    const health = await fetch(`${url}/health`)
    const start = await fetch(`${url}/webhook/personalize`, {
      method: 'POST',
      headers: { 'x-webhook-secret': WEBHOOK_SECRET, 'content-type': 'application/json' },
      body: JSON.stringify({ caller_id: '+15550100001', agent_id: AGENT, called_number: '+15550100002', call_sid: 'CA0001' })
    })
    const added = await fetch(fact, { method: 'POST', headers: admin, body: JSON.stringify({ fact: 'likes tea' }) })
    const read = await fetch(fact, { headers: admin })

    t.match(readFileSync(`/proc/${pid}/status`, 'utf8'), /^Seccomp:\t2$/m, 'the filter is in force')
    t.match(await health.json(), { status: 'ok' })
    t.match(await start.json(), { type: 'conversation_initiation_client_data', dynamic_variables: { is_returning: 'false' } })
    t.match(await added.json(), { status: 'ok', total_facts: 1 })
    t.match(JSON.stringify(await read.json()), /likes tea/)
    t.strictSame(await stop(), { code: 0, signal: null, errors: '' })
  })
}

testIf(noLimits, 'the limits refuse what the server has no use for', async (t) => {
  const refusals = {
    'socket.socket(socket.AF_PACKET, socket.SOCK_RAW)': 'EAFNOSUPPORT',
    'socket.socket(99)': 'EAFNOSUPPORT',
    'os.sched_setaffinity(0, os.sched_getaffinity(0))': 'EPERM'
  }
  for (const [call, error] of Object.entries(refusals)) t.equal(outcomeOf(call, true), error, call)

  t.equal(outcomeOf('socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)', true), 'done', 'an allowed family')
  t.equal(outcomeOf('os.sched_setaffinity(0, os.sched_getaffinity(0))', false), 'done', 'the same call without limits')
})

/** A test that is skipped, with the reason, where something is missing; a failure when REQUIRE_ALL is 1, as in CI. */
function testIf (missing: string | null, name: string, fn: (t: Test) => Promise<void>): void {
  if (missing === null) t.test(name, fn)
  else if (process.env['REQUIRE_ALL'] === '1') t.fail(`${name}: ${missing}, and REQUIRE_ALL is 1`)
  else {
    t.comment(`skipped: ${name}: ${missing}`)
    t.test(name, { skip: missing }, fn)
  }
}

function whyNoAnalyze (): string | null {
  const { status, output } = run('systemd-analyze', ['--version'])
  if (status === null) return 'systemd-analyze is not installed'
  const version = Number(/^systemd (\d+)/.exec(output)?.[1])
  return version >= MIN_SYSTEMD ? null : `systemd-analyze is older than ${MIN_SYSTEMD}`
}

function whyNoSeccomp (): string | null {
  const { status } = run(PYTHON, ['-c', 'import seccomp'])
  return status === 0 ? null : `python3-seccomp is not installed for ${PYTHON}`
}

/** Every value of each key, in order; sections do not matter here. An empty value takes back those before it. */
function parseUnit (text: string): Map<string, string[]> {
  const values = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const [, key, value] = /^(\w+)=(.*)$/.exec(line) ?? []
    if (key !== undefined) values.set(key, value === '' ? [] : [...values.get(key) ?? [], value!])
  }
  return values
}

function only (key: string): string {
  const values = unit.get(key)
  if (values?.length !== 1) throw new Error(`${key} is set ${values?.length ?? 0} times in the unit`)
  return values[0]!
}

function environment (): Record<string, string> {
  return Object.fromEntries((unit.get('Environment') ?? []).map((line) => line.split('=') as [string, string]))
}

/**
 * What limited.py enforces.
 *
 * @see https://www.freedesktop.org/software/systemd/man/systemd.exec.html#SystemCallFilter=
 */
function unitLimits (): string {
  const lines = unit.get('SystemCallFilter') ?? []
  if (lines[0] === undefined || lines[0].startsWith('~')) throw new Error('the first SystemCallFilter= is no list of what is allowed')
  const groups = syscallGroups()
  const expand = (name: string): string[] => name.startsWith('@') ? groups.get(name)!.flatMap(expand) : [name]

  const allowed = new Set(expand('@default'))
  for (const line of lines) {
    for (const name of line.replace('~', '').split(' ').flatMap(expand)) {
      if (line.startsWith('~')) allowed.delete(name)
      else allowed.add(name)
    }
  }
  return JSON.stringify({
    syscalls: [...allowed],
    errno: only('SystemCallErrorNumber'),
    families: only('RestrictAddressFamilies').split(' ')
  })
}

/** The groups of system calls that systemd knows; members are calls and other groups. */
function syscallGroups (): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const line of spawnSync('systemd-analyze', ['syscall-filter', '--no-pager'], { encoding: 'utf8' }).stdout.split('\n')) {
    if (line.startsWith('@')) groups.set(line, [])
    else if (/^ +[@\w]/.test(line)) [...groups.values()].at(-1)?.push(line.trim())
  }
  return groups
}

/** A command and its arguments, to be run within the limits. */
function limited (...command: string[]): [string, string[]] {
  return [PYTHON, [resolve('test/deploy/limited.py'), limits!, ...command]]
}

/** The built server on a free port, started like the unit does, with its limits. */
async function startLimited (t: Test, host: string) {
  const env = testEnv(t, { HOST: host })
  const child = spawn(...limited(process.execPath, server), { env, cwd: t.testdirName, stdio: ['ignore', 'pipe', 'pipe'] })
  const exit = killAfter(t, child)
  let errors = ''
  child.stderr.on('data', (chunk) => { errors += chunk })

  for await (const line of createInterface(child.stdout)) {
    const url = /listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1]
    if (url === undefined) continue
    child.stdout.resume()
    return {
      url,
      pid: child.pid,
      stop: async () => {
        child.kill('SIGTERM')
        const [code, signal] = await exit
        return { code, signal, errors }
      }
    }
  }
  throw new Error(`the server ended before it listened: ${errors}`)
}

/** What a line of Python ends with: done, or the name of its error. */
function outcomeOf (call: string, isLimited: boolean): string {
  const probe = `import errno, os, socket
try:
  ${call}
  print('done')
except OSError as error:
  print(errno.errorcode[error.errno])`
  const [file, args] = isLimited ? limited(PYTHON, '-c', probe) : [PYTHON, ['-c', probe]] as const
  return run(file, args).output.trim()
}

/** `status` is null when there is no such program. */
function run (file: string, args: readonly string[]): { status: number | null, output: string } {
  const { status, stdout, stderr } = spawnSync(file, args, { encoding: 'utf8' })
  return { status, output: `${stdout ?? ''}${stderr ?? ''}` }
}
