/**
 * The bridge as a process, for service managers and `memory-bridge serve`: reads .env, listens, and stops gracefully on
 * a signal. If the start fails for a known reason, it prints a readable message and exits.
 */
import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.ts'
import { logOutput } from './log.ts'
import { describeFailure, loadDotEnv, rootWarning } from './process.ts'
import { diskIdle } from './store/file/disk.ts'
import { withDeadline } from './time.ts'

/** For requests in progress and for the disk; then the process kills itself. Hosts usually grant ten seconds. */
const STOP_DELAY_MS = 9_000

/** For file work whose result is no longer needed. */
const LAST_FILE_WORK_MS = 1_000

/** Safe: the next start takes the lock over. */
function kill (): void {
  void log.flush()
  process.kill(process.pid, 'SIGKILL')
}

/**
 * Connections that wait to be accepted; the system may allow fewer. Beyond it, a client's TCP retries after a second.
 *
 * @see https://man7.org/linux/man-pages/man2/listen.2.html
 */
const BACKLOG = 4096

loadDotEnv()
const log = logOutput(process.stdout)
try {
  const app = await buildApp({ logOutput: log })
  const warning = rootWarning(process.getuid?.())
  if (warning !== null) app.log.warn(warning)
  const stopOptions = {
    delay: STOP_DELAY_MS, logger: app.log, onTimeout: kill, onSecondSignal: kill, onSecondError: kill
  }
  closeWithGrace(stopOptions, async ({ signal, err }) => {
    if (err !== undefined) app.log.error({ err }, 'stopping after an unexpected error')
    else app.log.info({ signal }, 'stopping')
    await app.close()
    app.log.info('stopped')
    await log.flush()
    await letDiskFinish()
  })
  await app.listen({
    host: app.config.HOST,
    port: app.config.PORT,
    backlog: BACKLOG,
    listenTextResolver: (address) => `listening on ${address}`
  })
} catch (error) {
  await log.flush()
  const failure = describeFailure(error)
  if (failure === null) throw error
  // Without the stack, which would bury the message.
  console.error(failure.message)
  await letDiskFinish()
  process.exit(failure.code)
}

/** `process.exit` waits for the disk's threads, for ever if the disk hangs; a kill does not. */
async function letDiskFinish (): Promise<void> {
  await withDeadline<unknown>(diskIdle(), LAST_FILE_WORK_MS, kill)
}
