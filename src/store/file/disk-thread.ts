/** Runs in the disk threads. Batches overlap: the next one starts while another is being flushed. */
import { parentPort } from 'node:worker_threads'
import { doDiskWork, type DiskOutcome, type DiskWork } from './disk-work.ts'
import type { Batch } from './thread.ts'

parentPort!.on('message', ([number, pieces]: Batch<DiskWork>) => void Promise.all(pieces.map(doDiskWork))
  .then((outcomes) => parentPort!.postMessage([number, outcomes] satisfies Batch<DiskOutcome>)))
