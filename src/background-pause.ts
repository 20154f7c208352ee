/** Pauses for background work, which must not delay the end of the process. */
import { setTimeout } from 'node:timers/promises'

/** Resolves after `ms` milliseconds, or at once when the signal is aborted. */
export async function pauseInBackground (ms: number, signal: AbortSignal): Promise<void> {
  try {
    await setTimeout(ms, undefined, { signal, ref: false })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** `wake` ends the current pause, or else the next one. */
export function wakeablePause (): { pause: typeof pauseInBackground, wake: () => void } {
  let isAwake = false
  let end = () => {}
  return {
    async pause (ms, signal) {
      if (!isAwake && !signal.aborted) {
        const resting = new AbortController()
        end = () => resting.abort()
        signal.addEventListener('abort', end)
        await pauseInBackground(ms, resting.signal)
        signal.removeEventListener('abort', end)
      }
      isAwake = false
    },
    wake () {
      isAwake = true
      end()
    }
  }
}
