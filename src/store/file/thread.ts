/**
 * A thread that does pieces of work. What is handed to it within one turn of the event loop goes there in one message, and
 * so do its answers: a message costs more than most of the work, and on a busy bridge many calls share one.
 */
import { Worker } from 'node:worker_threads'

/** A piece of work, or what came of it, under the number of the piece. */
export type Numbered<T> = [number: number, it: T]

export interface Thread<Work, Outcome> {
  /** Pieces that are not done yet. */
  readonly load: number
  /** Rejects with what ended the thread, when it ended meanwhile; the next piece gets a new one. */
  run (work: Work): Promise<Outcome>
}

/** Megabytes that a thread may use for what is short-lived: it handles a few files at a time. Node's own limit is 48. */
const YOUNG_MB = 4

/**
 * It starts with the first piece, and keeps the process alive only while there is work.
 *
 * @param script - takes messages of numbered pieces and answers with messages of numbered outcomes, in any order
 */
export function createThread<Work, Outcome> (script: URL): Thread<Work, Outcome> {
  const pending = new Map<number, { resolve: (outcome: Outcome) => void, reject: (error: unknown) => void }>()
  let worker: Worker | null = null
  let batch: Array<Numbered<Work>> = []
  let lastNumber = 0

  function start (): Worker {
    const started = new Worker(script, { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } })
    started.on('message', (outcomes: Array<Numbered<Outcome>>) => {
      for (const [number, outcome] of outcomes) {
        pending.get(number)?.resolve(outcome)
        pending.delete(number)
      }
      if (pending.size === 0) started.unref()
    })
    started.on('error', (error) => {
      worker = null
      batch = []
      pending.forEach(({ reject }) => reject(error))
      pending.clear()
    })
    return started
  }

  function send (): void {
    worker?.postMessage(batch)
    batch = []
  }

  return {
    get load () { return pending.size },

    run: (work) => new Promise((resolve, reject) => {
      worker ??= start()
      if (pending.size === 0) worker.ref()
      pending.set(++lastNumber, { resolve, reject })
      if (batch.push([lastNumber, work]) === 1) setImmediate(send)
    })
  }
}
