/** The log: JSON lines on standard output, without anything that could name a caller. */
import { destination, pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino'
import { hideHashes } from './phone/phone-hash.ts'

/**
 * A logger. The level follows LOG_LEVEL once the settings are read.
 *
 * @param stream - where lines go; standard output by default
 */
export function createLogger (stream?: DestinationStream): Logger {
  const options = {
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    // Node hands over the bytes of a malformed request, secrets and all.
    redact: ['err.rawPacket'],
    hooks: {
      streamWrite: hideHashes
    }
  }
  return pino(options, stream ?? standardOutput())
}

/** Standard output; lines that it does not take are dropped. A full disk below the log must not end the calls. */
function standardOutput (): DestinationStream {
  return destination({ fd: 1, sync: true, maxLength: MAX_BACKLOG }).on('error', () => { /* there is nowhere left to tell */ })
}

/** Bytes of lines that wait for standard output to take them. */
const MAX_BACKLOG = 1024 * 1024
