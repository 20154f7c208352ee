/** Sends all work of one turn of the event loop in one message: waking a thread takes longer than most of the work. */
import { Worker } from 'node:worker_threads'

/** A batch of work and a batch of outcomes, in the same order, share a number. Batches may end in any order. */
export type Batch<T> = [number: number, items: T[]]

export type Thread<Work, Outcome> = ReturnType<typeof createThread<Work, Outcome>>

/** Megabytes for short-lived objects: a thread handles a few files at a time. Node's default is 48. */
const YOUNG_MB = 4

interface Waiting<Outcome> {
  resolve: (outcome: Outcome) => void
  reject: (error: unknown) => void
}

/** Starts with the first piece of work, and keeps the process alive only while there is some. */
export function createThread<Work, Outcome> (script: URL) {
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
    /** Pieces of work under way. */
    get load () { return load },

    /** Rejects if the thread ends meanwhile, with its error; the next call starts a new thread. */
    run: (work: Work) => new Promise<Outcome>((resolve, reject) => {
      load++
      if (batch.push({ work, waiting: { resolve, reject } }) === 1) setImmediate(send)
    })
  }
}
