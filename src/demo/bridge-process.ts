/** The built bridge as a process of its own, on loopback, with throw-away data and secrets. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { AGENT_ID } from './elevenlabs.ts'

export interface BridgeProcess {
  url: string
  adminKey: string
  webhookSecret: string
  /** Log lines so far. */
  log: string[]
  /** Stops it as a host would, deletes its data, and resolves to its exit code. */
  stop: () => Promise<number | null>
}

/** Longest wait for the bridge to listen. */
const START_MS = 20_000

/**
 * @param modelUrl - the language model that it learns with; null starts one that learns without
 * @throws {Error} it did not come up; the message has what it printed
 */
export async function startBridge (modelUrl: string | null): Promise<BridgeProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'memory-bridge-demo-'))
  const adminKey = randomBytes(16).toString('hex')
  const webhookSecret = `wsec_${randomBytes(24).toString('hex')}`
  const child = spawn(execPath, [fileURLToPath(new URL('../server.js', import.meta.url))], {
    // A folder without .env: the demo must not depend on the operator's settings.
    cwd: folder,
    env: {
      ELEVENLABS_API_KEY: 'not-used-in-the-demo',
      ELEVENLABS_AGENT_ID: AGENT_ID,
      OPENCLAW_API_BASE_URL: modelUrl ?? 'http://127.0.0.1:18789/v1',
      LEARN_FROM_TRANSCRIPT: String(modelUrl !== null),
      PUBLIC_BASE_URL: 'http://127.0.0.1',
      ADMIN_API_KEY: adminKey,
      WEBHOOK_SECRET: webhookSecret,
      PHONE_HASH_KEY: randomBytes(32).toString('hex'),
      HOST: '127.0.0.1',
      PORT: '0',
      DATA_DIR: join(folder, 'data'),
      SOUL_TEMPLATE_PATH: resolve('soul_template.md')
    },
    stdio: ['ignore', 'pipe', 'pipe']
  })

  const log: string[] = []
  const exited = once(child, 'exit') as Promise<[number | null]>
  const listening = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on('line', (line) => {
        log.push(line)
        const url = /listening on (http:[^"]+)/.exec(line)?.[1]
        if (url !== undefined) resolve(url)
      })
    }
  })

  async function stop (): Promise<number | null> {
    child.kill('SIGTERM')
    const [code] = await exited
    await rm(folder, { recursive: true, force: true })
    return code
  }

  const timeout = new Promise<null>((resolve) => setTimeout(() => resolve(null), START_MS).unref())
  const url = await Promise.race([listening, exited.then(() => null), timeout])
  if (url === null) {
    await stop()
    throw new Error(`the bridge did not start:\n${log.join('\n')}`)
  }
  return { url, adminKey, webhookSecret, log, stop }
}
