/** What runs in a thread of `thread.ts` for the disk: file work, and all that came of it in one turn in one message. */
import { parentPort } from 'node:worker_threads'
import { doDiskWork, type DiskOutcome, type DiskWork } from './disk-work.ts'
import type { Numbered } from './thread.ts'

let outcomes: Array<Numbered<DiskOutcome>> = []

parentPort!.on('message', (pieces: Array<Numbered<DiskWork>>) => {
  for (const [number, work] of pieces) doDiskWork(work).then((outcome) => hand(number, outcome))
})

function hand (number: number, outcome: DiskOutcome): void {
  if (outcomes.push([number, outcome]) > 1) return
  setImmediate(() => {
    parentPort!.postMessage(outcomes)
    outcomes = []
  })
}
