/** Reading webhook bodies without trusting their size: what is too large, or audio, is never held in memory. */
import type { Readable } from 'node:stream'
import { withDeadline } from '../deadline.ts'
import { BodyCutOff, BodyTooLarge } from '../errors.ts'

/** A route's limits, in bytes. */
export interface BodyLimits {
  maxBytes: number
  /** For audio events, which are read past and not held; null where they are not expected. */
  maxAudioBytes: number | null
}

export interface BodyReading extends BodyLimits {
  /** Fed with every chunk, held or not. */
  onChunk: (chunk: Buffer) => void
  /** Waits for one of the few places for large bodies. */
  inLargePlace: <T>(work: () => Promise<T>) => Promise<T>
}

/** Bodies above this need a place of their own: what every stranger may make us hold is small. */
export const LARGE_BODY_BYTES = 128 * 1024

/** How long a large body may take once it has its place; few places must not be kept by the slow. */
const LARGE_BODY_MS = 10_000

/** The type of an event stands near its start. */
const SNIFF_BYTES = 4 * 1024

/** An audio event, recognised by its first bytes. Inside a JSON string the quotes would be escaped. */
const AUDIO_EVENT = /"type"\s*:\s*"post_call_audio"/

/**
 * The whole body, or null for an audio event.
 *
 * @throws {BodyTooLarge} as soon as it is known
 * @throws {BodyCutOff} the connection ended before the body did, or a large one was too slow
 */
export async function readBody (body: Readable, reading: BodyReading): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  const source = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let bytes = 0
  let isAudio: boolean | null = null

  async function next (): Promise<IteratorResult<Buffer>> {
    try {
      return await source.next()
    } catch (error) {
      throw new BodyCutOff({ cause: error })
    }
  }

  async function readUntil (enough: () => boolean): Promise<boolean> {
    while (!enough()) {
      const { done, value: chunk } = await next()
      if (done === true) return true
      bytes += chunk.length
      reading.onChunk(chunk)
      if (isAudio !== true) chunks.push(chunk)
      if (isAudio === null && bytes >= SNIFF_BYTES) isAudio = sniff()
      const limit = isAudio === true ? reading.maxAudioBytes ?? reading.maxBytes : reading.maxBytes
      if (bytes > limit) throw new BodyTooLarge(limit)
    }
    return false
  }

  function sniff (): boolean {
    if (reading.maxAudioBytes === null) return false
    const found = AUDIO_EVENT.test(Buffer.concat(chunks).toString('latin1', 0, SNIFF_BYTES))
    if (found) chunks.length = 0
    return found
  }

  const isComplete = await readUntil(() => isAudio !== null && (isAudio || bytes > LARGE_BODY_BYTES))
  if (!isComplete) {
    if (isAudio === true) await readUntil(() => false)
    else await reading.inLargePlace(() => withDeadline(readUntil(() => false), LARGE_BODY_MS, tooSlow))
  }
  if (isAudio ?? sniff()) return null
  return Buffer.concat(chunks)
}

function tooSlow (): never {
  throw new BodyCutOff({ cause: new Error(`a large body took more than ${LARGE_BODY_MS} ms`) })
}
