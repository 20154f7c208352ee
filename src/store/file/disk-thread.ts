/** What runs in a thread of `disk.ts`: file work, one piece at a time. */
import * as durableFile from './durable-file.ts'

/** A piece of work, by the name of its function. */
export interface DiskWork {
  name: keyof typeof durableFile
  args: unknown[]
}

/** What came of it. Errors of the system lose their code on the way between threads, so they travel as plain values. */
export type DiskOutcome = { value: unknown } | { systemError: { message: string, code: string, syscall: string } }

export default function work ({ name, args }: DiskWork): DiskOutcome {
  try {
    const run = durableFile[name] as (...args: unknown[]) => unknown
    return { value: run(...args) }
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error && 'code' in error)) throw error
    return { systemError: { message: error.message, code: String(error.code), syscall: String(error.syscall) } }
  }
}
