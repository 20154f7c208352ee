/** `backfill`: fetches calls from ElevenLabs whose call end never came. */
import { NO_COUNTS, sumCounts } from '../calls/backfill.ts'
import { createBackfiller, type BackfillStep } from '../calls/backfiller.ts'
import { endCall } from '../calls/call-end.ts'
import { createConversations } from '../elevenlabs/conversations.ts'
import { EXIT } from '../exit.ts'
import { redactorFor } from '../redaction/redact.ts'
import { createCallerIdReader } from '../phone/caller-id-reader.ts'
import type { Store } from '../store/store.ts'
import { isFields, numberOf, textOf } from '../webhook/json-fields.ts'
import { withData, type Ask } from './open-data.ts'
import { count, type Shell } from './shell.ts'

type BridgeResponse = Awaited<ReturnType<Ask>>

interface Page extends Omit<BackfillStep, 'next'> {
  isLast: boolean
}

/** Takes the start of the time range, in Unix seconds, for the first page, and null for the rest. */
type FetchPage = (since: number | null) => Promise<Page>

/**
 * Can be interrupted and run again at any time: it resumes where it stopped, and known calls stay as they are.
 *
 * @param since - Unix seconds
 */
export async function backfillCommand (since: number, shell: Shell): Promise<number> {
  return await withData(shell, {
    onStore: (store) => fetchAll(since, fetcherFor(store, shell), shell),
    onBridge: (ask) => fetchAll(since, async (from) => readPage(await ask('/api/backfill', { since: from })), shell)
  })
}

async function fetchAll (since: number, fetchPage: FetchPage, { startProgress, say, signal }: Shell): Promise<number> {
  const number = (count: number) => count.toLocaleString('en')
  const progress = startProgress('Fetching calls')
  let counts = NO_COUNTS
  let from: string | null = null
  try {
    let page: Page | null = null
    do {
      signal.throwIfAborted()
      page = await fetchPage(page === null ? since : null)
      from ??= page.since
      counts = sumCounts(counts, page.counts)
      progress.show(page.progress, `${count(counts.added, 'call')} added`)
    } while (!page.isLast)
  } finally {
    progress.end()
  }

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

function fetcherFor (store: Store, { config, now, say, signal }: Shell): FetchPage {
  const { PHONE_HASH_KEY, DEFAULT_COUNTRY, OWN_NUMBERS, ELEVENLABS_AGENT_ID: agentIds } = config
  const callerId = createCallerIdReader({
    hashKey: PHONE_HASH_KEY, defaultCountry: DEFAULT_COUNTRY, ownNumbers: OWN_NUMBERS
  })
  // The bridge reads the queue when it starts.
  const learning = { wake: () => {} }
  const ctx = { config, store, callerId, redact: redactorFor(config.REDACT), learning, now }
  const backfill = createBackfiller({
    store,
    conversations: createConversations({
      baseUrl: config.ELEVENLABS_API_BASE_URL, apiKey: config.ELEVENLABS_API_KEY
    }),
    agentIds,
    now,
    async endCall (envelope, isSigned) {
      const ended = await endCall(ctx, envelope, isSigned)
      if (ended.ownNumberWithRecord !== null) {
        say(`A record is stored under one of your own numbers (${ended.ownNumberWithRecord}…), and never used: ` +
          'look at it and erase it.')
      }
      return ended
    }
  })
  return async (since) => {
    const { next, ...page } = await backfill(since, signal)
    return { ...page, isLast: next === null }
  }
}

function readPage (response: BridgeResponse): Page {
  const number = (name: string) => numberOf(response, name) ?? 0
  return {
    counts: {
      added: number('added'),
      known: number('known'),
      skipped: number('skipped'),
      unfinished: number('unfinished'),
      failed: number('failed')
    },
    since: textOf(response, 'since'),
    progress: number('progress'),
    isLast: !isFields(response['next'])
  }
}
