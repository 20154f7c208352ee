/** Waiting in work that goes on in the background, and must hold up neither a stop nor the end of the process. */
import { setTimeout } from 'node:timers/promises'

/** Resolves after `ms` milliseconds, or at once when the signal is aborted. */
export async function pauseInBackground (ms: number, signal: AbortSignal): Promise<void> {
  try {
    await setTimeout(ms, undefined, { signal, ref: false })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
