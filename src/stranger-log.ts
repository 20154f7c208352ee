/**
 * Log lines that strangers can cause as often as they like: the first goes out at once, its repeats as one line a
 * minute.
 */

export interface StrangerLog {
  /**
   * Writes the line, or counts it when one with the same key was written less than a minute ago.
   *
   * @param key - what the line is about, such as an address and a reason
   */
  write (key: string, fields: object, message: string): void
  /** Writes now what was counted: each line with the number of its `repeats`. */
  flush (): void
}

export interface StrangerLogOptions {
  log: (fields: object, message: string) => void
  /** Calls `flush` in a minute. Default: a timer that keeps no process alive. */
  inAMinute?: ((flush: () => void) => void) | undefined
}

interface Counted {
  fields: object
  message: string
  repeats: number
}

/** Keys in one minute; lines of further keys are counted together. */
const MAX_KEYS = 1000
const OTHER_KEYS = ''

export function createStrangerLog ({ log, inAMinute = onTimer }: StrangerLogOptions): StrangerLog {
  let counted = new Map<string, Counted>()

  function flush (): void {
    const lines = [...counted.values()]
    counted = new Map()
    for (const { fields, message, repeats } of lines) if (repeats > 0) log({ ...fields, repeats }, message)
  }

  return {
    write (key, fields, message) {
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
        counted.set(OTHER_KEYS, { fields: {}, message: 'more strangers than can be listed', repeats: 1 })
      }
    },
    flush
  }
}

function onTimer (flush: () => void): void {
  setTimeout(flush, 60_000).unref()
}
