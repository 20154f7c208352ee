/** `seal`: everything that is plain, or sealed with an older key, is sealed with the first key of DATA_ENCRYPTION_KEY. */
import { SettingsInvalid } from '../errors.ts'
import { EXIT } from '../exit.ts'
import { resealPage, type ResealedPage } from '../store/reseal.ts'
import { sealerFor } from '../store/sealer.ts'
import { withData, type Ask } from './open-data.ts'
import { positionOf } from './progress.ts'
import { count, type Shell } from './shell.ts'

/** Seals the page behind a phone hash. */
type SealPage = (after: string | null) => Promise<ResealedPage>

/** Callers on a page, when it is done here; a running bridge chooses its own. */
const PAGE = 100

/** May be broken off and run again at any time: what is sealed stays so, and is passed over quickly. */
export async function sealCommand (shell: Shell): Promise<number> {
  const sealer = sealerFor(shell.config.DATA_ENCRYPTION_KEY)
  if (sealer === null) throw new SettingsInvalid('DATA_ENCRYPTION_KEY is not set: without a key there is nothing to seal with')
  return await withData(shell, {
    onStore: (store) => sealAll((after) => resealPage(store, sealer, after, PAGE), shell),
    onBridge: (ask) => sealAll((after) => askForPage(ask, after), shell)
  })
}

async function sealAll (sealPage: SealPage, { startProgress, say, signal }: Shell): Promise<number> {
  const progress = startProgress('Sealing')
  let sealed = 0
  let unreadable = 0
  try {
    let after: string | null = null
    do {
      signal.throwIfAborted()
      const page: ResealedPage = await sealPage(after)
      sealed += page.sealed
      unreadable += page.unreadable
      after = page.next
      progress.progress(positionOf(after), `${count(sealed, 'record')} sealed`)
    } while (after !== null)
  } finally {
    progress.end()
  }
  say(sealed === 0 ? 'Nothing was left to seal.' : `${count(sealed, 'record')} sealed with the first key.`)
  if (unreadable === 0) return EXIT.done
  say(`${count(unreadable, 'record')} could not be read, and stayed as they are: damaged, or sealed with a key that is not in DATA_ENCRYPTION_KEY. Keep the older keys.`)
  return EXIT.incomplete
}

async function askForPage (ask: Ask, after: string | null): Promise<ResealedPage> {
  const { sealed, unreadable, next } = await ask('/api/seal', { after })
  return { sealed: Number(sealed), unreadable: Number(unreadable), next: typeof next === 'string' ? next : null }
}
