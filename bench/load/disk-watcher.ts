/**
 * A worker that reads the journal as it grows: reading in the generator's thread would delay requests. At the end it
 * posts the milliseconds after which each call that it was told of was there, null for one that never came.
 */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { ignoring } from '../../src/store/file/system-error.ts'

/** `respondedAt` in milliseconds since 1970. */
export interface WatchedCall {
  conversationId: string
  respondedAt: number
}

/** Also the resolution of the figures. */
const POLL_MS = 2

const MISSING_AFTER_MS = 5000

const folder = join(workerData as string, 'rings')
const chunk = Buffer.alloc(1024 * 1024)
const offsets = new Map<string, number>()
let text = ''
let waiting: WatchedCall[] = []
const delays: Array<number | null> = []
const state = { isEnding: false }

parentPort!.on('message', (message: WatchedCall | 'end') => {
  if (message === 'end') state.isEnding = true
  else waiting.push(message)
})

while (!state.isEnding || waiting.length > 0) {
  for (const name of ignoring(['ENOENT'], () => readdirSync(folder)) ?? []) readOn(join(folder, name))
  const now = Date.now()
  waiting = waiting.filter(({ conversationId, respondedAt }) => {
    const isThere = text.includes(conversationId)
    const isMissing = now - respondedAt > MISSING_AFTER_MS
    if (isThere || isMissing) delays.push(isThere ? now - respondedAt : null)
    return !isThere && !isMissing
  })
  await sleep(POLL_MS)
}
parentPort!.postMessage(delays)
parentPort!.close()

/** Keeps the end of what was written: a call may be announced after its line. */
function readOn (path: string): void {
  const file = ignoring(['ENOENT'], () => openSync(path, 'r'))
  if (file === null) return
  const offset = offsets.get(path) ?? 0
  const length = readSync(file, chunk, 0, chunk.length, offset)
  closeSync(file)
  offsets.set(path, offset + length)
  text = (text + chunk.toString('latin1', 0, length)).slice(-2 * chunk.length)
}
