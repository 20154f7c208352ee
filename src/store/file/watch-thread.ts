import { parentPort, workerData } from 'node:worker_threads'
import { watchFolder } from './folder-events.ts'

watchFolder(workerData as string, (message) => parentPort!.postMessage(message))
