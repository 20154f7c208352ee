/** The process behind disk-watch.ts: polls files, and answers with a delay in milliseconds for each call, null when missing. */
import { readFileSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { PATIENCE_MS, type Sighting } from './disk-watch.ts'

/** The resolution of the figures. */
const POLL_MS = 2

const waiting: Array<Sighting & { lastState: string }> = []
const delays: Array<number | null> = []
const state = { isEnding: false }

process.on('message', (message: Sighting | 'end') => {
  if (message === 'end') state.isEnding = true
  else waiting.push({ ...message, lastState: '' })
})
process.send?.('ready')

while (!state.isEnding || waiting.length > 0) {
  for (const sighting of waiting.splice(0)) {
    const isThere = isOnDisk(sighting)
    const delay = Date.now() - sighting.answeredAt
    if (isThere) delays.push(delay)
    else if (delay > PATIENCE_MS) delays.push(null)
    else waiting.push(sighting)
  }
  await sleep(POLL_MS)
}
process.send?.(delays)

/** Reads the file only when it was replaced since the last look. */
function isOnDisk (sighting: typeof waiting[number]): boolean {
  const { ino, mtimeMs } = statSync(sighting.path)
  const fileState = `${ino} ${mtimeMs}`
  if (fileState === sighting.lastState) return false
  sighting.lastState = fileState
  return readFileSync(sighting.path, 'utf8').includes(sighting.conversationId)
}
