import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cleanup } from '../cleanup.ts'
import { responseOf, type LoadOptions } from './load.ts'

/** Bare Fastify in a process of its own. It responds with the bytes of a response of the bridge in `options`. */
export async function startBare (options: LoadOptions, cleanup: Cleanup): Promise<{ url: string, pid: number }> {
  const file = join(await cleanup.folder(), 'response.json')
  await writeFile(file, await responseOf(options))
  const child = fork(join(import.meta.dirname, 'bare-fastify.js'), [file])
  cleanup.defer(() => child.kill('SIGKILL'))
  const [port] = await once(child, 'message') as [number]
  return { url: `http://127.0.0.1:${port}`, pid: child.pid! }
}
