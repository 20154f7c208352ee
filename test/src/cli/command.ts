/**
 * The command line in this process, and a bridge beside it; and the command as a process of its own, where that is the
 * point.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import type { Test } from 'tap'
import { buildApp } from '../../../src/app.ts'
import { main, type CommandLine } from '../../../src/cli/main.ts'
import { ENV, killAfter, NODE } from '../../processes.ts'

export interface Ended {
  code: number | null
  out: string
  err: string
  /** Milliseconds of its pauses, which no test waits for. */
  waits?: number[]
}

type Env = Record<string, string | undefined>

/** Runs a command to its end, in this process. */
export async function run (
  t: Test,
  args: string[],
  env: Env,
  input = '',
  signal = new AbortController().signal,
  person: Pick<CommandLine, 'questions' | 'wait'> = {}
): Promise<Ended> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  stdin.on('error', () => { /* it did not want to know */ }).end(input)
  const serve = async () => { t.fail('a bridge is started by serve() or as a process') }
  const demo = async () => { throw new Error('the demo is played as a process') }
  const texts = Promise.all([text(stdout), text(stderr)])
  const waits: number[] = []
  const wait = async (ms: number) => { waits.push(ms) }
  // A busy machine would show progress.
  const every = () => () => {}
  const parts = { stdin, stdout, stderr, signal, serve, demo, wait, every, ...person }
  const code = await main({ args, env, ...parts }).finally(() => {
    stdout.end()
    stderr.end()
  })
  const [out, err] = await texts
  return { code, out, err, waits }
}

/** A bridge in this process, until the test ends or `stop` is called. */
export async function serve (
  t: Test, env: Env, port = 0
): Promise<{ port: number, log: string[], stop: () => Promise<void> }> {
  const log: string[] = []
  const app = await buildApp({ env, logOutput: { write: (line) => { log.push(line) } } })
  t.teardown(() => app.close())
  await app.listen({ host: '127.0.0.1', port })
  // On a busy machine it listens before its data are open.
  while ((await app.inject('/health/ready')).statusCode !== 200) await setTimeout(50)
  return { port: (app.server.address() as AddressInfo).port, log, stop: () => app.close() }
}

/** Starts the built command in the folder of the test. Files can stand in for standard input and output. */
export function start (t: Test, args: string[], env: Env, { stdin, stdout }: { stdin?: number, stdout?: number } = {}) {
  const child = spawn(ENV, [...NODE, resolve('dist/src/cli/memory-bridge.js'), ...args], {
    cwd: t.testdirName, env: env as NodeJS.ProcessEnv, stdio: [stdin ?? 'pipe', stdout ?? 'pipe', 'pipe']
  })
  void killAfter(t, child)
  const ended = Promise.all([once(child, 'close'), child.stdout === null ? '' : text(child.stdout), text(child.stderr!)])
    .then(([[code], out, err]): Ended => ({ code: code as number | null, out, err }))
  return { child, ended }
}
