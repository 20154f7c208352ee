/** The bridge as a process: reads .env in development, listens, and stops gracefully on a signal. */
import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.ts'
import { loadDotEnv } from './dot-env.ts'
import { withDeadline } from './deadline.ts'
import { describeFailure } from './exit.ts'
import { logOutput } from './log-output.ts'
import { diskIdle } from './store/file/disk.ts'

/** Longest wait for requests in flight and for the disk; then the process ends itself. A host grants ten seconds. */
const STOP_DELAY_MS = 9_000

/** Longest wait for file work that nobody waits for any more. */
const LAST_FILE_WORK_MS = 1_000

/** The next start takes the lock over. */
const kill = () => process.kill(process.pid, 'SIGKILL')

/**
 * Connections that wait to be accepted; the system may allow fewer. A client that finds no room tries again after a
 * second.
 *
 * @see https://man7.org/linux/man-pages/man2/listen.2.html
 */
const BACKLOG = 4096

/**
 * Serves until a signal comes. Ends the process with a readable message when the start fails for a reason that can be
 * named.
 */
export async function serve (): Promise<void> {
  loadDotEnv()
  const log = logOutput(process.stdout)
  try {
    const app = await buildApp({ logOutput: log })
    closeWithGrace({
      delay: STOP_DELAY_MS,
      logger: app.log,
      onTimeout: kill,
      onSecondSignal: kill,
      onSecondError: kill
    }, async ({ signal, err }) => {
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
    const failure = describeFailure(error)
    if (failure === null) throw error
    // A readable message is enough; a stack would bury it.
    console.error(failure.message)
    await log.flush()
    await letDiskFinish()
    process.exit(failure.code)
  }
}

/** An exit waits for the threads of the disk, for ever when it hangs; a kill does not. */
async function letDiskFinish (): Promise<void> {
  await withDeadline<unknown>(diskIdle(), LAST_FILE_WORK_MS, kill)
}
