/** `seal`: seals everything stored with the first key of DATA_ENCRYPTION_KEY. */
import { SettingsInvalid } from '../errors.ts'
import { EXIT } from '../process.ts'
import type { ResealedPage } from '../../schemas/seal.ts'
import { resealPage } from '../store/reseal.ts'
import { sealerFor } from '../store/sealer.ts'
import { withData } from './open-data.ts'
import { positionOf } from './progress.ts'
import { count, type Shell } from './shell.ts'

/** Seals the page after a phone hash. */
type SealPage = (after: string | null) => Promise<ResealedPage>

const PAGE = 100

/** Can be interrupted and run again at any time: sealed records are skipped quickly. */
export async function sealCommand (shell: Shell): Promise<number> {
  const sealer = sealerFor(shell.config.DATA_ENCRYPTION_KEY)
  if (sealer === null) {
    throw new SettingsInvalid('DATA_ENCRYPTION_KEY is not set: set a key to seal with, and run this again')
  }
  return await withData(shell, {
    onStore: (store) => sealAll((after) => resealPage(store, sealer, after, PAGE), shell),
    onBridge: (ask) => sealAll(async (after) => {
      const { sealed, unreadable, next } = await ask('/api/seal', { after })
      return { sealed: Number(sealed), unreadable: Number(unreadable), next: typeof next === 'string' ? next : null }
    }, shell)
  })
}

async function sealAll (sealPage: SealPage, { withProgress, say, signal }: Shell): Promise<number> {
  let sealed = 0
  let unreadable = 0
  await withProgress('Sealing', async (show) => {
    let after: string | null = null
    do {
      signal.throwIfAborted()
      const page: ResealedPage = await sealPage(after)
      sealed += page.sealed
      unreadable += page.unreadable
      after = page.next
      show(positionOf(after), `${count(sealed, 'record')} sealed`)
    } while (after !== null)
  })
  say(sealed === 0
    ? 'There was nothing to seal.'
    : `${count(sealed, 'record')} sealed with the first key of DATA_ENCRYPTION_KEY.`)
  if (unreadable === 0) return EXIT.done
  say(`${count(unreadable, 'record')} could not be read and stayed unchanged ` +
    '(damaged, or sealed with a key that is not in DATA_ENCRYPTION_KEY): keep the older keys.')
  return EXIT.incomplete
}
