/** The process: reads .env in development, listens, and stops gracefully on a signal. */
import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.ts'

/** Longest wait for requests in flight and for the disk; then the process ends with exit code 1. */
const STOP_DELAY_MS = 10_000

/** Errors of an operator's making: a readable message is enough, a stack would bury it. */
const START_ERRORS = ['BRIDGE_SETTINGS_INVALID', 'BRIDGE_SOUL_INVALID', 'BRIDGE_DATA_DIR_LOCKED', 'BRIDGE_STORAGE_UNAVAILABLE', 'EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL']

loadDotEnv()
try {
  const app = await buildApp()
  closeWithGrace({ delay: STOP_DELAY_MS, logger: app.log }, async ({ signal, err }) => {
    if (err !== undefined) app.log.error({ err }, 'stopping after an unexpected error')
    else app.log.info({ signal }, 'stopping')
    await app.close()
    app.log.info('stopped')
  })
  await app.listen({ host: app.config.HOST, port: app.config.PORT, listenTextResolver: (address) => `listening on ${address}` })
} catch (error) {
  if (!(error instanceof Error && 'code' in error && START_ERRORS.includes(String(error.code)))) throw error
  console.error(error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message)
  process.exit(1)
}

/** Variables that are set already win over the file; a host without one uses its own environment. */
function loadDotEnv (): void {
  try {
    process.loadEnvFile()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}
