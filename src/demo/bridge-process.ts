/** Starts the built bridge as a process on loopback, with temporary data and secrets. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { createBridgeClient } from '../simulate/bridge-client.ts'
import { AGENT_ID } from '../simulate/elevenlabs.ts'

export type BridgeProcess = Awaited<ReturnType<typeof startBridge>>

const START_MS = 20_000

/** Of the package, seen from the compiled file. */
const SAMPLE_SOUL = fileURLToPath(new URL('../../../soul_template.md', import.meta.url))

/**
 * @param modelUrl - the language model to learn with; null switches learning from transcripts off
 * @throws {Error} it did not start; the message has its output
 */
export async function startBridge (modelUrl: string | null) {
  const folder = await mkdtemp(join(tmpdir(), 'memory-bridge-demo-'))
  const adminKey = randomBytes(16).toString('hex')
  const webhookSecret = `wsec_${randomBytes(24).toString('hex')}`
  const child = spawn(execPath, [fileURLToPath(new URL('../server.js', import.meta.url))], {
    // This folder has no .env, so the operator's settings have no effect on the demo.
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
      SOUL_TEMPLATE_PATH: SAMPLE_SOUL
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

  /** Sends SIGTERM, deletes the data, and resolves to the exit code. */
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
  const client = createBridgeClient({
    url, adminUrl: url, adminKey, headerSecret: webhookSecret, signingSecret: webhookSecret
  }, new AbortController().signal)
  return { url, adminKey, client, log, stop }
}
