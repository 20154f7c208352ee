import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AGENT_ID } from '../src/simulate/elevenlabs.ts'
import type { Cleanup } from './cleanup.ts'

export const ADMIN_KEY = 'an-admin-key-for-bench-and-chaos'
export const WEBHOOK_SECRET = 'wsec_a-webhook-secret-for-bench-and-chaos'

const SERVER = resolve('dist/src/server.js')

const START_MS = 60_000

export function bridgeEnv (dataDir: string): Record<string, string> {
  return {
    ELEVENLABS_API_KEY: 'not-used-here',
    ELEVENLABS_AGENT_ID: AGENT_ID,
    OPENCLAW_API_BASE_URL: 'http://127.0.0.1:18789/v1',
    PUBLIC_BASE_URL: 'http://127.0.0.1',
    ADMIN_API_KEY: ADMIN_KEY,
    WEBHOOK_SECRET,
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: dataDir,
    SOUL_TEMPLATE_PATH: resolve('soul_template.md')
  }
}

export interface BridgeOptions {
  dataDir: string
  /** Standard output and error go here, not to a pipe: reading one would take time from the load generator. */
  logFile: string
  env?: Record<string, string>
}

export interface Exit {
  code: number | null
  signal: string | null
}

export type Bridge = ReturnType<typeof spawnBridge>

/** The bridge is killed at cleanup if it still runs. */
export function spawnBridge ({ dataDir, logFile, env }: BridgeOptions, cleanup: Cleanup) {
  const log = openSync(logFile, 'w')
  const startedAt = performance.now()
  let startMs = NaN
  const child = spawn(process.execPath, [SERVER], {
    // A folder without .env, so that the operator's settings do not affect the measurement.
    cwd: join(logFile, '..'),
    env: { ...bridgeEnv(dataDir), ...env },
    stdio: ['ignore', log, log]
  })
  closeSync(log)
  const exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }) as Exit)
  cleanup.defer(async () => {
    child.kill('SIGKILL')
    await exited
  })

  async function untilListening (): Promise<string> {
    const hasExited = () => child.exitCode !== null || child.signalCode !== null
    for (;;) {
      const isOver = hasExited() || performance.now() - startedAt > START_MS
      const text = await readFile(logFile, 'utf8')
      const url = /listening on (http:[^"]+)/.exec(text)?.[1]
      if (url !== undefined) {
        startMs = performance.now() - startedAt
        return url
      }
      if (isOver) throw new Error(`the bridge does not listen:\n${text.slice(-2000)}`)
      await sleep(2)
    }
  }

  async function untilReady (): Promise<string> {
    const url = await listening
    while (!(await fetch(`${url}/health/ready`)).ok) {
      if (performance.now() - startedAt > START_MS) throw new Error('the bridge is not ready after a minute')
      await sleep(50)
    }
    return url
  }

  const listening = untilListening()
  listening.catch(() => { /* handled where it is awaited */ })
  return {
    pid: child.pid!,
    /** Resolves to its URL. Rejects, with the end of its log, if it exits or does not listen within a minute. */
    listening,
    /** Resolves to its URL once its storage can be used: on a busy machine it listens before that. */
    ready: untilReady,
    exited,
    /** Milliseconds from the spawn until it listened; NaN until then. */
    startMs: () => startMs,
    signal: (signal: NodeJS.Signals) => { child.kill(signal) }
  }
}
