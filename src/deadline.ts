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
