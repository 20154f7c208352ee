/** `sweep`: shows the last sweep, and lets a stopped one go on. */
import { EXIT } from '../exit.ts'
import { hasStore } from '../store/open-store.ts'
import { reviewSweep, type SweepReview } from '../store/sweep-review.ts'
import { withData } from './open-data.ts'
import type { Shell } from './shell.ts'

/** Confirming when nothing is stopped changes nothing. */
export async function sweepCommand ({ confirm = false }: { confirm?: boolean }, shell: Shell): Promise<number> {
  const { message, confirmed, goesOn } = await hasStore(shell.config) ? await review() : NO_DATA
  shell.print(message)
  if (confirmed) shell.say(goesOn)
  else if (confirm) shell.say('There was nothing to confirm: no sweep is stopped.')
  return EXIT.done

  async function review (): Promise<Pick<SweepReview, 'message' | 'confirmed'> & { goesOn: string }> {
    return await withData(shell, {
      onStore: async (store) => ({
        ...await reviewSweep(store, confirm, shell.now()),
        goesOn: 'A bridge that is running goes on with it within a minute; otherwise the next one that is started.'
      }),
      async onBridge (ask) {
        const { message, confirmed } = await ask('/api/sweep', { confirm })
        const goesOn = 'The running bridge goes on with it now.'
        return { message: String(message), confirmed: confirmed === true, goesOn }
      }
    })
  }
}

const NO_DATA = { message: 'Nothing is stored yet, and there was no sweep.', confirmed: false, goesOn: '' }
