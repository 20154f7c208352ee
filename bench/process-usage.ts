/** What another process uses, from /proc; NaN on systems without it. */
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

const CHECK_MS = 200
/** Linux has 100 a second. */
const TICK_MS = 10
/** An idle process has timers and collects garbage. */
const TICKS_AT_REST = 1
const MAX_WAIT_MS = 60_000

export interface Memory {
  rssMb: number
  peakMb: number
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
export async function memoryOf (pid: number): Promise<Memory> {
  const status = await procFile(pid, 'status')
  const kilobytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? NaN)
  return { rssMb: kilobytes('VmRSS') / 1024, peakMb: kilobytes('VmHWM') / 1024 }
}

/** Waits until a process is idle and writes nothing, for at most a minute. Returns seconds. */
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

/** Since the start of the process, all threads. */
export async function processorMsOf (pid: number): Promise<number> {
  return (await workOf(pid)).ticks * TICK_MS
}

/**
 * Processor time and bytes written since the start of a process. Field 2 of stat, the name, can contain spaces.
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
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (['ENOENT', 'ESRCH', 'EACCES'].includes(code)) return ''
    throw error
  }
}
