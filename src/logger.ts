import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino'
import { hideHashes } from './phone/phone-hash.ts'

/** Logs JSON lines that do not identify a caller. app.ts sets the level once the settings are read. */
export function createLogger (output: DestinationStream): Logger {
  const options = {
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    // Node puts the bytes of a malformed request there, including secrets.
    redact: ['err.rawPacket'],
    hooks: {
      streamWrite: hideHashes
    }
  }
  return pino(options, output)
}
