/** An app of a test's own: fake settings, a folder of its own, a log that can be read. */
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { buildApp, type AppOptions } from '../src/app.ts'
import { directDisk } from './stored.ts'

export const ADMIN_KEY = 'an-admin-key-for-tests'
export const WEBHOOK_SECRET = 'wsec_a-webhook-secret-for-tests'
export const AGENT = 'agent_0001'

/** Settings that start, without a soul file or folder of the repository. */
export function testEnv (t: Test, overrides: AppOptions['env'] = {}): Record<string, string | undefined> {
  // tap removes the folder last only if a teardown was registered before it was made. Removed first, it fails the test
  // while a server that the test started still writes there.
  t.teardown(() => {})
  const folder = t.testdir({ 'soul.md': SOUL, data: {} })
  return {
    ELEVENLABS_API_KEY: 'an-elevenlabs-key-for-tests',
    ELEVENLABS_AGENT_ID: AGENT,
    OPENCLAW_API_BASE_URL: 'http://127.0.0.1:18789/v1',
    PUBLIC_BASE_URL: 'https://bridge.example',
    ADMIN_API_KEY: ADMIN_KEY,
    WEBHOOK_SECRET,
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: `${folder}/data`,
    SOUL_TEMPLATE_PATH: `${folder}/soul.md`,
    ...overrides
  }
}

export type AdminMethod = 'GET' | 'POST' | 'PATCH' | 'DELETE'

/** Asks the admin API, with its key: status and answer. */
export async function admin (app: FastifyInstance, method: AdminMethod, path: string, payload?: object) {
  const headers = { authorization: `Bearer ${ADMIN_KEY}` }
  const res = await app.inject({ method, url: `/api${path}`, headers, ...(payload === undefined ? {} : { payload }) })
  return { status: res.statusCode, body: res.json() }
}

/** Makes names of folders for data that outlive one app or one test. They go when the file of `t` ends. */
export function folderNames (t: Pick<Test, 'teardown'>): () => string {
  const root = mkdtempSync(join(tmpdir(), 'memory-bridge-test-'))
  t.teardown(() => rm(root, { recursive: true, force: true }))
  let made = 0
  return () => join(root, `data-${++made}`)
}

const SOUL = `---
first_message: "Hello {{caller_name}}, how can I help?"
first_message_returning: "Welcome back, {{caller_name}}!"
---
You answer the phone.
`

/** The app and its log lines, closed when the test ends. */
export async function build (t: Test, env: AppOptions['env'] = {}, options: Partial<Omit<AppOptions, 'env'>> = {}) {
  const log: Array<Record<string, unknown>> = []
  const apps: FastifyInstance[] = []
  t.teardown(() => apps[0]?.close())
  const app = await buildApp({
    logOutput: { write: (line) => { log.push(JSON.parse(line)) } },
    disk: directDisk,
    // The first app of a process can take longer than the usual two seconds on a busy machine.
    storePatienceMs: 20_000,
    ...options,
    env: testEnv(t, env)
  })
  apps.push(app)
  return Object.assign(app, { lines: log })
}
