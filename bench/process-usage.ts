/** What another process uses, from /proc; all of it is NaN where there is none. */
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

const CHECK_MS = 200
/** Work that a process does at rest: its timers, a collection of garbage. In clock ticks, a hundred a second. */
const TICKS_AT_REST = 1
const MAX_WAIT_MS = 60_000

export interface Memory {
  rssMb: number
  /** The most that it ever was. */
  peakMb: number
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
export async function memoryOf (pid: number): Promise<Memory> {
  const status = await procFile(pid, 'status')
  const megabytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? NaN) / 1024
  return { rssMb: megabytes('VmRSS'), peakMb: megabytes('VmHWM') }
}

/**
 * Waits until a process has nothing to do and writes nothing, a minute at most.
 *
 * @returns the seconds that it took
 */
export async function untilIdle (pid: number): Promise<number> {
  const startedAt = performance.now()
  let last = await workOf(pid)
  while (performance.now() - startedAt < MAX_WAIT_MS) {
    await sleep(CHECK_MS)
    const now = await workOf(pid)
    const isIdle = !(now.ticks - last.ticks > TICKS_AT_REST) && !(now.writtenBytes > last.writtenBytes)
    if (isIdle) return (performance.now() - startedAt - CHECK_MS) / 1000
    last = now
  }
  return MAX_WAIT_MS / 1000
}

/**
 * Processor time and bytes written since the start of a process. The name in field 2 of stat may hold spaces.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html fields 14 and 15
 */
async function workOf (pid: number): Promise<{ ticks: number, writtenBytes: number }> {
  const stat = await procFile(pid, 'stat')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const io = await procFile(pid, 'io')
  return {
    ticks: Number(fields[11]) + Number(fields[12]),
    writtenBytes: Number(/^write_bytes: (\d+)/m.exec(io)?.[1] ?? NaN)
  }
}

async function procFile (pid: number, name: string): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/${name}`, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH', 'EACCES'].includes(String(error.code))) return ''
    throw error
  }
}
