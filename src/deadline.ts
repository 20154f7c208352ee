/** Waiting for something no longer than is bearable. */

/**
 * What `work` gives, or what `late` gives or throws when that takes longer than `ms` milliseconds. The work itself goes
 * on; what it gives or throws later is dropped.
 */
export async function withDeadline<T> (work: Promise<T>, ms: number, late: () => T): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<void>((resolve) => { timer = setTimeout(resolve, ms) }).then(late)
  try {
    return await Promise.race([work, deadline])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * What `work` gives or throws. Its signal is aborted with `signal`, for the same reason, and after `ms` milliseconds with a
 * `TimeoutError`, as `AbortSignal.timeout` has it.
 *
 * `AbortSignal.any` would leave something behind on a `signal` that lives as long as the process: on Node 20 some 1 KB each time.
 */
export async function withTimeLimit<T> (ms: number, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const limited = new AbortController()
  const end = () => limited.abort(signal.reason)
  const timer = setTimeout(() => limited.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')), ms)
  if (signal.aborted) end()
  signal.addEventListener('abort', end, { once: true })
  try {
    return await work(limited.signal)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
  }
}
