/** Meanings: vectors of what a caller's record says, made in the background, and of a question, made while it waits. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { CallerRecord } from '../../schemas/caller-record.ts'
import type { Status } from '../../schemas/status.ts'
import { activeRecord, workedOutOnce, type Change } from '../caller/caller.ts'
import { cutText } from '../json.ts'
import { CircuitOpen, createCircuitBreaker } from '../learning/circuit-breaker.ts'
import { hashPrefix } from '../phone/phone-hash.ts'
import type { Store } from '../store/store.ts'
import { pauseInBackground, wakeablePause } from '../time.ts'
import { embed, EmbeddingsFailed, type EmbeddingsSettings } from './embeddings.ts'
import { fuse, nearnessOf } from './fusion.ts'
import { passagesOf } from './passages.ts'
import { MAX_QUESTION_CHARS, type RankedItem } from './ranking.ts'
import type { IndexPart, RecallIndex } from './recall-index.ts'
import { recordVectors, storedVectors } from './record-vectors.ts'
import { markOf, storedVector } from './vectors.ts'

/** Ranks by meanings what was ranked by words. */
export type Reranking = (index: RecallIndex, ranked: readonly RankedItem[]) => readonly RankedItem[]

export type Meanings = ReturnType<typeof createMeanings>

export interface MeaningsParts extends EmbeddingsSettings {
  store: Pick<Store, 'load' | 'update'>
  now: () => Date
  log: Record<'info' | 'warn' | 'error', (fields: object, message: string) => void>
  /** For the vector of a question, in milliseconds. Default: {@link QUESTION_MS} */
  questionMs?: number | undefined
}

/** Somebody on the phone waits for it. */
export const QUESTION_MS = 400

/** For each request in the background, in milliseconds. */
const BACKGROUND_MS = 30_000

/** Texts in one request: to parse more vectors at once would hold up calls. */
const BATCH = 16

/** After a change, in milliseconds: more may follow, and a call start has been answered by then. */
const LATER_MS = 200

const IDLE_MS = 60_000

/** The rest waits for the next change, or call. */
const MAX_DUE = 10_000

export function createMeanings (parts: MeaningsParts, signal: AbortSignal) {
  const { model, store, now, log, questionMs = QUESTION_MS } = parts
  const making = circuitOf('the vectors of what is stored cannot be made for now')
  const asking = circuitOf('questions get no vector in time: recall compares words only for now')
  const vectors = recordVectors(model)
  const marked = workedOutOnce(({ items: all }: IndexPart) =>
    passagesOf(all).map(({ text, items }) => ({ items, mark: markOf(model, text) })))
  const due = new Set<string>()
  const { pause: rest, wake } = wakeablePause()

  /** So that a request that fails or hangs is not repeated with every caller, and not logged with every one. */
  function circuitOf (trouble: string) {
    let reason = ''
    return createCircuitBreaker({
      now,
      wasReached (error) {
        if (!(error instanceof EmbeddingsFailed)) return null
        reason = error.message
        return false
      },
      onOpen: () => log.warn({ model, reason }, trouble),
      onClose: () => log.info({ model }, 'the embeddings model can be used again')
    })
  }

  async function run (): Promise<void> {
    while (!signal.aborted) {
      if (due.size === 0) await rest(IDLE_MS, signal)
      await pauseInBackground(LATER_MS, signal)
      for (const phoneHash of due) {
        if (signal.aborted) return
        due.delete(phoneHash)
        try {
          await makeVectors(phoneHash)
        } catch (err) {
          log.error({ caller: hashPrefix(phoneHash), err }, 'vectors of a caller could not be stored')
        }
        await nextTurn()
      }
    }
  }

  async function makeVectors (phoneHash: string): Promise<void> {
    const caller = await store.load(phoneHash)
    const record = activeRecord(caller)
    if (record === null) return
    await vectors.prepare(record)
    const made = await vectorsFor([...vectors.missing(record, now().toISOString())])
    if (signal.aborted) return
    const change: Change<void> = (current) => {
      const before = activeRecord(current)
      const after = before === null ? null : vectors.applied(before, made, now().toISOString())
      return { caller: after === before ? current : { ...current, record: after }, result: undefined }
    }
    // Each change has the caller looked at again.
    if (change(caller).caller !== caller) await store.update(phoneHash, change)
  }

  /** By mark; of as many texts as it works for. */
  async function vectorsFor (missing: ReadonlyArray<[mark: string, text: string]>): Promise<Map<string, string>> {
    const made = new Map<string, string>()
    try {
      for (let n = 0; n < missing.length; n += BATCH) {
        const batch = missing.slice(n, n + BATCH)
        const texts = batch.map(([, text]) => text)
        const embedded = await making.run(() => embed(parts, texts, BACKGROUND_MS, signal))
        batch.forEach(([mark], each) => made.set(mark, storedVector(embedded[each]!, mark)))
      }
    } catch (error) {
      if (!isExpected(error) && !signal.aborted) throw error
    }
    return made
  }

  return {
    /** Ends when the signal is aborted, and never rejects. */
    run,

    /** Has missing vectors of a caller made soon, and those that are no longer needed dropped. */
    lookAt (phoneHash: string): void {
      if (due.size < MAX_DUE) due.add(phoneHash)
      wake()
    },

    /** Nothing of what was sent is in it. */
    health: (): NonNullable<Status['embeddings']> =>
      ({ callers_waiting: due.size, records: making.health(), questions: asking.health() }),

    /**
     * Null if there is nothing to compare the question with, or its vector does not come in time. Never rejects.
     *
     * @param question - as it may leave the machine
     */
    async rerankingFor (record: CallerRecord, question: string): Promise<Reranking | null> {
      const stored = storedVectors(record)
      if (stored.size === 0) return null
      try {
        const texts = [cutText(question, MAX_QUESTION_CHARS)]
        const [asked] = await asking.run(() => embed(parts, texts, questionMs, new AbortController().signal))
        return (index, ranked) => fuse(index, ranked, nearnessOf(index.parts.flatMap(marked), stored, asked!))
      } catch (err) {
        // Catches everything, bugs included: words can be compared all the same.
        if (!isExpected(err)) log.error({ err }, 'a question could not get a vector')
        return null
      }
    }
  }
}

function isExpected (error: unknown): boolean {
  return error instanceof EmbeddingsFailed || error instanceof CircuitOpen
}
