/** The process behind disk-watch.ts: polls files, and sends the delay of each call in milliseconds, null if missing. */
import { readFileSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { MISSING_AFTER_MS, type WatchedCall } from './disk-watch.ts'

/** Also the resolution of the figures. */
const POLL_MS = 2

const waiting: Array<WatchedCall & { lastState: string }> = []
const delays: Array<number | null> = []
const state = { isEnding: false }

process.on('message', (message: WatchedCall | 'end') => {
  if (message === 'end') state.isEnding = true
  else waiting.push({ ...message, lastState: '' })
})
process.send?.('ready')

while (!state.isEnding || waiting.length > 0) {
  for (const call of waiting.splice(0)) {
    const isThere = isOnDisk(call)
    const delay = Date.now() - call.respondedAt
    if (isThere) delays.push(delay)
    else if (delay > MISSING_AFTER_MS) delays.push(null)
    else waiting.push(call)
  }
  await sleep(POLL_MS)
}
process.send?.(delays)

function isOnDisk (call: typeof waiting[number]): boolean {
  const { ino, mtimeMs } = statSync(call.path)
  const fileState = `${ino} ${mtimeMs}`
  if (fileState === call.lastState) return false
  call.lastState = fileState
  return readFileSync(call.path, 'utf8').includes(call.conversationId)
}
