/**
 * A thread that does pieces of work. What is handed to it within one turn of the event loop goes there in one message, and
 * what came of it comes back in one: to wake a thread takes longer than most of the work.
 */
import { Worker } from 'node:worker_threads'

/** What was handed over in one turn, or what came of it in the same order, under a number that tells one batch from another. */
export type Batch<T> = [number: number, items: T[]]

export interface Thread<Work, Outcome> {
  /** Pieces that are not done yet. */
  readonly load: number
  /** Rejects with what ended the thread, when it ended meanwhile; the next piece gets a new one. */
  run (work: Work): Promise<Outcome>
}

/** Megabytes that a thread may use for what is short-lived: it handles a few files at a time. Node's own limit is 48. */
const YOUNG_MB = 4

/** Somebody who waits for what comes of a piece. */
interface Waiting<Outcome> {
  resolve: (outcome: Outcome) => void
  reject: (error: unknown) => void
}

/**
 * It starts with the first piece, and keeps the process alive only while there is work.
 *
 * @param script - takes batches of pieces, and answers each with a batch of their outcomes; the batches in any order
 */
export function createThread<Work, Outcome> (script: URL): Thread<Work, Outcome> {
  const sent = new Map<number, Array<Waiting<Outcome>>>()
  let worker: Worker | null = null
  let batch: Array<{ work: Work, waiting: Waiting<Outcome> }> = []
  let lastNumber = 0
  let load = 0

  function start (): Worker {
    const started = new Worker(script, { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } })
    started.on('message', ([number, outcomes]: Batch<Outcome>) => {
      const waiting = sent.get(number)!
      sent.delete(number)
      load -= outcomes.length
      outcomes.forEach((outcome, index) => waiting[index]!.resolve(outcome))
      if (load === 0) started.unref()
    })
    started.on('error', (error) => {
      const lost = [...sent.values()].flat()
      sent.clear()
      load -= lost.length
      worker = null
      lost.forEach(({ reject }) => reject(error))
    })
    return started
  }

  function send (): void {
    worker ??= start()
    worker.ref()
    sent.set(++lastNumber, batch.map(({ waiting }) => waiting))
    worker.postMessage([lastNumber, batch.map(({ work }) => work)] satisfies Batch<Work>)
    batch = []
  }

  return {
    get load () { return load },

    run: (work) => new Promise((resolve, reject) => {
      load++
      if (batch.push({ work, waiting: { resolve, reject } }) === 1) setImmediate(send)
    })
  }
}
