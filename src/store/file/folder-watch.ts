/** Tells what changed in DATA_DIR, and since when nothing was missed. */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { WatchMessage } from './folder-events.ts'
import type { Stamp } from './stamped-file.ts'

type OnChange = (key: string, stamp: Stamp) => void
type Log = { info: (fields: object, message: string) => void }

/** Without a proof for so many milliseconds it may be deaf. Every change has to show within a second. */
const PATIENCE_MS = 900

const script = new URL(`./watch-thread${extname(import.meta.url)}`, import.meta.url)

/** In a thread: its own writes alone cause thousands of events a second. */
export function watchInThread (folder: string, onChange: OnChange, log: Log) {
  const worker = new Worker(script, { workerData: folder })
  const listener = createListener(onChange, log)
  worker.on('message', listener.receive)
  worker.on('error', (err) => listener.receive({ deaf: err.message }))
  worker.unref()
  return {
    hearsSince: listener.hearsSince,
    async close () {
      await worker.terminate()
    }
  }
}

export function createListener (onChange: OnChange, log: Log) {
  let since = Infinity
  let heardAt = -Infinity

  function receive (message: WatchMessage): void {
    const now = performance.now()
    if ('changed' in message) {
      for (const [key, stamp] of message.changed) onChange(key, stamp)
    } else if ('heard' in message) {
      if (now - heardAt > PATIENCE_MS) since = now
      heardAt = now
    } else if ('missed' in message) {
      since = now
    } else {
      heardAt = -Infinity
      log.info({ reason: message.deaf }, 'changes of files are not reported here: files are looked at instead')
    }
  }

  return {
    receive,
    /** As in a driver. */
    hearsSince: () => performance.now() - heardAt > PATIENCE_MS ? Infinity : since
  }
}
