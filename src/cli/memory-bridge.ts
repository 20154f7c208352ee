#!/usr/bin/env node
/** The command `memory-bridge` as a process. */
import { constants } from 'node:os'
import { loadDotEnv } from '../process.ts'
import { main } from './main.ts'

const interruption = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  // Once: a second signal kills the process, and the next command takes the lock over.
  process.once(name, () => interruption.abort(128 + constants.signals[name]))
}

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // The reader, such as `head`, has closed the pipe.
    if (error.code !== 'EPIPE') throw error
  })
}

// The settings are in that file then, and not also in the one of this folder.
if (!process.argv.some((argument) => /^--settings-file(=|$)/.test(argument))) loadDotEnv()
const code = await main({
  args: process.argv.slice(2),
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interruption.signal,
  async serve () {
    process.removeAllListeners('SIGINT').removeAllListeners('SIGTERM')
    await import('../server.ts')
  },
  async demo (options) {
    process.removeAllListeners('SIGINT').removeAllListeners('SIGTERM')
    const { playDemo } = await import('../demo/demo.ts')
    return await playDemo(options)
  }
})
process.exitCode = interruption.signal.aborted ? interruption.signal.reason : code
