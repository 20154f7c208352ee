/** The log: JSON lines on standard output, without anything that could name a caller. */
import type { FastifyBaseLogger } from 'fastify'
import { pino, stdTimeFunctions, type DestinationStream } from 'pino'

/**
 * A logger. The level follows LOG_LEVEL once the settings are read.
 *
 * @param stream - where lines go; standard output by default
 */
export function createLogger (stream?: DestinationStream): FastifyBaseLogger {
  const options = {
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    redact: ['req.headers', 'headers'],
    hooks: {
      // File names carry whole phone hashes, and so do the errors of the file system: a line keeps 8 digits.
      streamWrite: (line: string) => line.replace(/\b([0-9a-f]{8})[0-9a-f]{56}\b/g, '$1…')
    }
  }
  return stream === undefined ? pino(options) : pino(options, stream)
}
