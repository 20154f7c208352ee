/** The command line as `npm run build` makes it, and a bridge beside it, as processes of their own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'
import { killAfter } from '../../kill-after.ts'

const COMMAND = resolve('dist/src/cli/memory-bridge.js')
if (!existsSync(COMMAND)) throw new Error('dist is missing: npm run build makes it')

export interface Ended {
  code: number | null
  out: string
  err: string
}

type Env = Record<string, string | undefined>

/** Starts a command in the folder of the test. Files can stand in for standard input and output. */
export function start (t: Test, args: string[], env: Env, { stdin, stdout }: { stdin?: number, stdout?: number } = {}) {
  const child = spawn(process.execPath, [COMMAND, ...args], { cwd: t.testdirName, env: env as NodeJS.ProcessEnv, stdio: [stdin ?? 'pipe', stdout ?? 'pipe', 'pipe'] })
  killAfter(t, child)
  const ended = Promise.all([once(child, 'close'), child.stdout === null ? '' : text(child.stdout), text(child.stderr!)])
    .then(([[code], out, err]): Ended => ({ code: code as number | null, out, err }))
  return { child, ended }
}

/** Runs a command to its end. */
export async function run (t: Test, args: string[], env: Env, input = ''): Promise<Ended> {
  const { child, ended } = start(t, args, env)
  child.stdin?.on('error', () => { /* it did not want to know */ }).end(input)
  return await ended
}

/** Runs `serve` until the test ends, or `stop` is called. Resolves once it listens. */
export async function serve (t: Test, env: Env): Promise<{ child: ChildProcess, port: number, log: string[], stop: () => Promise<number | null> }> {
  const child = spawn(process.execPath, [COMMAND, 'serve'], { cwd: t.testdirName, env: env as NodeJS.ProcessEnv, stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = killAfter(t, child)
  const log: string[] = []
  const port = await new Promise<number>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on('line', (line) => {
        log.push(line)
        const found = /listening on http:\/\/[^:]+:(\d+)/.exec(line)?.[1]
        if (found !== undefined) resolve(Number(found))
      })
    }
    exited.then(() => reject(new Error(log.join('\n'))), reject)
  })
  return {
    child,
    port,
    log,
    async stop () {
      child.kill('SIGTERM')
      const [code] = await exited
      return code
    }
  }
}
