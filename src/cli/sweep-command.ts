/** `sweep`: shows the last sweep, and lets a stopped one continue. */
import { EXIT } from '../process.ts'
import { hasStore } from '../store/open-store.ts'
import { reviewSweep, type SweepReview } from '../store/sweep-review.ts'
import { withData } from './open-data.ts'
import type { Shell } from './shell.ts'

/** `confirm` changes nothing if no sweep is stopped. */
export async function sweepCommand (shell: Shell, { confirm = false }: { confirm?: boolean }): Promise<number> {
  const { message, confirmed, whatNext } = await hasStore(shell.config) ? await review() : NO_DATA
  shell.print(message)
  if (confirmed) shell.say(whatNext)
  else if (confirm) shell.say('There was nothing to confirm: no sweep is stopped.')
  return EXIT.done

  async function review (): Promise<Pick<SweepReview, 'message' | 'confirmed'> & { whatNext: string }> {
    return await withData(shell, {
      onStore: async (store) => ({
        ...await reviewSweep(store, confirm, shell.now()),
        whatNext: 'A running bridge continues the sweep within a minute; otherwise it continues at the next start.'
      }),
      async onBridge (ask) {
        const { message, confirmed } = await ask('/api/sweep', { confirm })
        const whatNext = 'The running bridge continues the sweep now.'
        return { message: String(message), confirmed: confirmed === true, whatNext }
      }
    })
  }
}

const NO_DATA = { message: 'Nothing is stored yet, and there was no sweep.', confirmed: false, whatNext: '' }
