/** The process behind disk-watch.ts: reads the journal, and sends each call's delay in ms, null if it is missing. */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ignoring } from '../../src/store/file/system-error.ts'
import { MISSING_AFTER_MS, type WatchedCall } from './disk-watch.ts'

/** Also the resolution of the figures. */
const POLL_MS = 2

const [folder = ''] = process.argv.slice(2)
const chunk = Buffer.alloc(1024 * 1024)
const offsets = new Map<string, number>()
let text = ''
let waiting: WatchedCall[] = []
const delays: Array<number | null> = []
const state = { isEnding: false }

process.on('message', (message: WatchedCall | 'end') => {
  if (message === 'end') state.isEnding = true
  else waiting.push(message)
})
process.send?.('ready')

while (!state.isEnding || waiting.length > 0) {
  for (const name of ignoring(['ENOENT'], () => readdirSync(folder)) ?? []) readOn(join(folder, name))
  const now = Date.now()
  const found = waiting.map((call) => text.includes(call.conversationId))
  waiting.forEach(({ respondedAt }, n) => {
    if (found[n] === true) delays.push(now - respondedAt)
    else if (now - respondedAt > MISSING_AFTER_MS) delays.push(null)
  })
  waiting = waiting.filter(({ respondedAt }, n) => found[n] !== true && now - respondedAt <= MISSING_AFTER_MS)
  await sleep(POLL_MS)
}
process.send?.(delays)

/** Keeps the end of what was written: a call may be announced after its line. */
function readOn (path: string): void {
  const file = openSync(path, 'r')
  const offset = offsets.get(path) ?? 0
  const length = readSync(file, chunk, 0, chunk.length, offset)
  closeSync(file)
  offsets.set(path, offset + length)
  text = (text + chunk.toString('latin1', 0, length)).slice(-2 * chunk.length)
}
