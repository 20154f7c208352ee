/** Processes that a test starts, and that must not outlive it. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Test } from 'tap'

/**
 * Kills `child` when the test ends, and waits until it is gone: tap deletes the test's folder next, and fails when
 * somebody still writes to it. Resolves to exit code and signal.
 */
export function killAfter (t: Test, child: ChildProcess): Promise<[number | null, string | null]> {
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>
  t.teardown(async () => {
    child.kill('SIGKILL')
    await exited
  })
  return exited
}

/**
 * For `spawn(ENV, [...NODE, script])`: Node without the instrumentation that tap hands to every child in NODE_OPTIONS,
 * which doubles the time of a start. `env` becomes Node, so the pid is Node's.
 */
export const ENV = '/usr/bin/env'
export const NODE = ['-u', 'NODE_OPTIONS', process.execPath] as const
