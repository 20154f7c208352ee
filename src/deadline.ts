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
 * What `work` gives or throws. Its signal is aborted when `signal` is, with the same reason, and after `ms`
 * milliseconds
 * with a `TimeoutError`, as that of `AbortSignal.timeout`.
 *
 * On Node 20 each `AbortSignal.any` leaves 1 KB behind on its sources, and ours live as long as the process.
 */
export async function withTimeLimit<T> (
  ms: number, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>
): Promise<T> {
  const limited = new AbortController()
  const end = () => limited.abort(signal.reason)
  const late = () => limited.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'))
  const timer = setTimeout(late, ms)
  if (signal.aborted) end()
  signal.addEventListener('abort', end, { once: true })
  try {
    return await work(limited.signal)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
  }
}
