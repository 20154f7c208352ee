/** `backfill`: fetches calls from ElevenLabs whose call end never came. */
import { backfillPage, NO_COUNTS, OUTCOMES } from '../backfill/backfill.ts'
import { BRIEF } from '../elevenlabs/ask.ts'
import { EXIT } from '../process.ts'
import { redactorFor } from '../redaction/redact.ts'
import { createCallerIdReader } from '../phone/caller-id.ts'
import type { Store } from '../store/store.ts'
import { isFields, numberOf, textOf, type Fields } from '../json.ts'
import { storeParts, withData } from './open-data.ts'
import { count, type Shell } from './shell.ts'

/** Takes the start of the time range, in Unix seconds, for the first page, and null for the rest. */
type FetchPage = (since: number | null) => Promise<Fields>

/**
 * Can be interrupted and run again at any time: it resumes where it stopped, and known calls stay as they are.
 *
 * @param since - Unix seconds
 */
export async function backfillCommand (shell: Shell, { since }: { since: number }): Promise<number> {
  return await withData(shell, {
    onStore: (store) => fetchAll(since, pagesInto(store, shell), shell),
    onBridge: (ask) => fetchAll(since, (from) => ask('/api/backfill', { since: from }), shell)
  })
}

async function fetchAll (since: number, fetchPage: FetchPage, { withProgress, say, signal }: Shell): Promise<number> {
  const number = (count: number) => count.toLocaleString('en')
  const counts = { ...NO_COUNTS }
  let from: string | null = null
  await withProgress('Fetching calls', async (show) => {
    show(0, '0 calls added')
    let page: Fields | null = null
    do {
      signal.throwIfAborted()
      page = await fetchPage(page === null ? since : null)
      from ??= textOf(page, 'since')
      for (const outcome of OUTCOMES) counts[outcome] += numberOf(page, outcome) ?? 0
      show(numberOf(page, 'progress') ?? 0, `${count(counts.added, 'call')} added`)
    } while (isFields(page['next']))
  })

  const { added, known, skipped, unfinished, failed } = counts
  if (from !== null && Math.floor(Date.parse(from) / 1000) !== since) {
    say(`Resumed an interrupted run, which fetches calls since ${from}.`)
  }
  say(`${count(added, 'call')} added, ${number(known)} already known, ${number(skipped)} not remembered ` +
    `(no phone number, opted out or erased), ${number(unfinished)} still going on.`)
  if (failed === 0) return EXIT.done
  say(`${count(failed, 'call')} could not be read, at ElevenLabs or in the memory: run this again later.`)
  return EXIT.incomplete
}

function pagesInto (store: Store, shell: Shell): FetchPage {
  const { config, now, wait, signal } = shell
  const ctx = {
    config,
    store,
    callerId: createCallerIdReader(config),
    redact: redactorFor(config.REDACT),
    // The bridge reads the queue when it starts.
    learning: { wake: () => {} },
    now,
    wait,
    log: storeParts(shell).log
  }
  return async (since) => ({ ...await backfillPage(ctx, since, { patience: BRIEF, signal }) })
}
