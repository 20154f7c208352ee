/** The process: reads .env in development, listens, and stops gracefully on a signal. */
import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.ts'

/** Longest wait for requests in flight and for the disk; then the process ends itself. */
const STOP_DELAY_MS = 10_000

/** Errors that only an operator can mend, and their exit code: EX_CONFIG of sysexits.h tells systemd not to try again. */
const CONFIG_ERRORS = ['BRIDGE_SETTINGS_INVALID', 'BRIDGE_SOUL_INVALID', 'BRIDGE_ENCRYPTION_KEY_WRONG']
const EX_CONFIG = 78

/** Errors that may pass, as when a disk is full or the last process has not ended yet. */
const PASSING_ERRORS = ['BRIDGE_DATA_DIR_LOCKED', 'BRIDGE_STORAGE_UNAVAILABLE', 'EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL']

loadDotEnv()
try {
  const app = await buildApp()
  // An exit would wait for the threads of a hung disk; a kill does not. The next start takes the lock over.
  const kill = () => process.kill(process.pid, 'SIGKILL')
  closeWithGrace({ delay: STOP_DELAY_MS, logger: app.log, onTimeout: kill }, async ({ signal, err }) => {
    if (err !== undefined) app.log.error({ err }, 'stopping after an unexpected error')
    else app.log.info({ signal }, 'stopping')
    await app.close()
    app.log.info('stopped')
  })
  await app.listen({ host: app.config.HOST, port: app.config.PORT, listenTextResolver: (address) => `listening on ${address}` })
} catch (error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const isConfig = CONFIG_ERRORS.includes(code)
  if (!(error instanceof Error) || !(isConfig || PASSING_ERRORS.includes(code))) throw error
  // A readable message is enough; a stack would bury it.
  console.error(error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message)
  process.exit(isConfig ? EX_CONFIG : 1)
}

/** Variables that are set already win over the file; a host without one uses its own environment. */
function loadDotEnv (): void {
  try {
    process.loadEnvFile()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}
