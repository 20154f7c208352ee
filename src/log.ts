/** The log: its lines, where they go, and lines that strangers can cause at will. */
import type { Writable } from 'node:stream'
import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino'
import type { Warning } from '../schemas/status.ts'
import { hideHashes } from './phone/phone-hash.ts'
import { withDeadline } from './time.ts'

export function warningText ({ message, remedy }: Pick<Warning, 'message' | 'remedy'>): string {
  return `${message} ${remedy}`
}

/** Logs JSON lines that do not identify a caller. app.ts sets the level once the settings are read. */
export function createLogger (output: DestinationStream): Logger {
  const options = {
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    // Node puts the bytes of a malformed request there, including secrets.
    redact: ['err.rawPacket'],
    hooks: {
      streamWrite: hideHashes
    }
  }
  return pino(options, output)
}

const MAX_BACKLOG_BYTES = 1024 * 1024

/** For the last lines when the bridge stops. */
const FLUSH_MS = 1000

/**
 * A full or broken pipe neither blocks nor ends the bridge. Lines of one turn of the event loop go out in one write.
 *
 * @see https://nodejs.org/api/process.html#a-note-on-process-io files and terminals are written synchronously
 */
export function logOutput (output: Writable) {
  let lines = ''
  output.on('error', () => { /* the error cannot be logged */ })

  function send (): void {
    if (lines !== '') output.write(lines)
    lines = ''
  }

  return {
    /** Drops the line while a megabyte is waiting. Never throws or waits. */
    write (line: string): void {
      if (output.writableLength + lines.length >= MAX_BACKLOG_BYTES) return
      if (lines === '') setImmediate(send)
      lines += line
    },
    /** Hands every line over at once. Resolves when they are written, or after a second. */
    async flush (): Promise<void> {
      send()
      if (output.writableLength === 0) return
      const out = new Promise<void>((resolve) => output.write('', () => resolve()))
      await withDeadline(out, FLUSH_MS, () => {})
    }
  }
}

export type StrangerLog = ReturnType<typeof createStrangerLog>

/** Per minute; lines with further keys are counted together. */
const MAX_KEYS = 1000
const OTHER_KEYS = ''
const OTHERS_MESSAGE = 'too many strangers to log each; the rest is only counted'

/**
 * For lines that strangers can cause at will: logs the first at once, and its repeats in one line a minute.
 *
 * @param inAMinute - default: a timer that does not keep the process alive
 */
export function createStrangerLog (log: (fields: object, message: string) => void, inAMinute = onTimer) {
  let counted = new Map<string, { fields: object, message: string, repeats: number }>()

  /** Writes the lines that were counted, each with its number of `repeats`. */
  function flush (): void {
    const lines = [...counted.values()]
    counted = new Map()
    for (const { fields, message, repeats } of lines) if (repeats > 0) log({ ...fields, repeats }, message)
  }

  return {
    /**
     * Writes the line, or only counts it if one with the same key was written less than a minute ago.
     *
     * @param key - such as an address and a reason
     */
    write (key: string, fields: object, message: string): void {
      const known = counted.get(key) ?? counted.get(OTHER_KEYS)
      if (known !== undefined) {
        known.repeats++
        return
      }
      if (counted.size === 0) inAMinute(flush)
      if (counted.size < MAX_KEYS) {
        counted.set(key, { fields, message, repeats: 0 })
        log(fields, message)
      } else {
        counted.set(OTHER_KEYS, { fields: {}, message: OTHERS_MESSAGE, repeats: 1 })
      }
    },
    flush
  }
}

function onTimer (flush: () => void): void {
  setTimeout(flush, 60_000).unref()
}
