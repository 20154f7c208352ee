/** The log: JSON lines without anything that could name a caller. */
import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino'
import { hideHashes } from './phone/phone-hash.ts'

/** A logger that writes its lines to `output`. The level follows LOG_LEVEL once the settings are read. */
export function createLogger (output: DestinationStream): Logger {
  const options = {
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    // Node hands over the bytes of a malformed request, secrets and all.
    redact: ['err.rawPacket'],
    hooks: {
      streamWrite: hideHashes
    }
  }
  return pino(options, output)
}
