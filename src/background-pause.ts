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

/** A pause that can be cut short. A `wake` while nobody pauses cuts the next pause short. */
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
