/** Reads webhook bodies without trusting their size: audio, and bodies that are too large, are never held in memory. */
import { finished, type Readable } from 'node:stream'
import { BodyCutOff, BodyTooComplex, BodyTooLarge } from '../errors.ts'
import { createJsonScan, MAX_DEPTH, MAX_VALUES } from '../json.ts'
import type { LargeBody } from './large-bodies.ts'
import type { SignatureCheck } from './signature.ts'

export interface BodyLimits {
  maxBytes: number
  /** Audio events are read, but not held; null where they are not expected. */
  maxAudioBytes: number | null
}

export interface BodyReading extends BodyLimits {
  /** Gets every chunk, including those of audio; null if nothing is to be checked. */
  check: Pick<SignatureCheck, 'update'> | null
  /** Resolves once the body has one of the few slots for large bodies. */
  takeLargeSlot: (body: LargeBody) => Promise<void>
}

/** Larger bodies need a slot. Smaller ones do not, although strangers can send them too. */
export const LARGE_BODY_BYTES = 128 * 1024

/** Time for a large body once it has its slot, so that slow senders do not keep the slots. */
const LARGE_BODY_MS = 10_000

/** A body may come in MIN_CHUNKS chunks, plus one for every BYTES_PER_CHUNK: each chunk costs memory of its own. */
const MIN_CHUNKS = 2048
const BYTES_PER_CHUNK = 256

/** More small chunks than this are joined. */
const MAX_LOOSE_CHUNKS = 64

/** The type of an event is near its start. */
const SNIFF_BYTES = 4 * 1024

/** Cannot match inside a JSON string, where the quotes are escaped. */
const AUDIO_EVENT = /"type"\s*:\s*"post_call_audio"/

/**
 * The whole body, or null for an audio event.
 *
 * @throws {BodyTooLarge} as soon as it shows
 * @throws {BodyTooComplex} as soon as it shows
 * @throws {BodyCutOff} the connection ended before the body did, or a large body was too slow
 */
export function readBody (body: Readable, reading: BodyReading): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  const scan = createJsonScan()
  const startedAt = performance.now()
  let bytes = 0
  let chunkCount = 0
  let isAudio: boolean | null = null
  let isLarge = false
  let isWhole = false
  let deadline: NodeJS.Timeout | undefined

  // Events are faster than an async iterator: every call start waits for this, and nearly all have one chunk.
  return new Promise((resolve, reject) => {
    const unwatch = finished(body, (error) => {
      if (error != null) cutOff(error)
      else complete()
    })
    body.on('data', take)

    function take (chunk: Buffer): void {
      bytes += chunk.length
      if (++chunkCount > MIN_CHUNKS + bytes / BYTES_PER_CHUNK) {
        cutOff(new Error('it came in too many small chunks'))
        // Without a response, because sending one would require reading the rest.
        body.destroy()
        return
      }
      reading.check?.update(chunk)
      if (isAudio !== true) {
        chunks.push(chunk)
        if (chunks.length > MAX_LOOSE_CHUNKS && bytes < MAX_LOOSE_CHUNKS * 1024) {
          chunks.splice(0, chunks.length, Buffer.concat(chunks))
        }
        if (!scan.take(chunk)) return fail(new BodyTooComplex(MAX_DEPTH, MAX_VALUES))
      }
      if (isAudio === null && bytes >= SNIFF_BYTES) isAudio = sniff()
      const limit = isAudio === true ? reading.maxAudioBytes ?? reading.maxBytes : reading.maxBytes
      if (bytes > limit) fail(new BodyTooLarge(limit))
      else if (isAudio === false && bytes > LARGE_BODY_BYTES && !isLarge) waitForSlot()
    }

    function waitForSlot (): void {
      isLarge = true
      body.pause()
      reading.takeLargeSlot({
        firstPartMs: performance.now() - startedAt,
        bytesRead: () => bytes,
        isWhole: () => isWhole,
        giveUp: () => cutOff(new Error('other bodies were waiting for a slot, and this one was the slowest'))
      }).then(() => {
        // The connection may have ended meanwhile.
        if (body.destroyed) return
        deadline = setTimeout(cutOff, LARGE_BODY_MS, new Error(`a large body took more than ${LARGE_BODY_MS} ms`))
        body.resume()
      }, fail)
    }

    function complete (): void {
      isWhole = true
      clearTimeout(deadline)
      resolve((isAudio ?? sniff()) ? null : Buffer.concat(chunks))
    }

    function cutOff (cause: Error): void {
      fail(new BodyCutOff({ cause }))
    }

    /** Stops reading; the rest of the body stays with the sender. */
    function fail (error: Error): void {
      clearTimeout(deadline)
      unwatch()
      body.off('data', take).pause()
      reject(error)
    }
  })

  function sniff (): boolean {
    if (reading.maxAudioBytes === null) return false
    const found = AUDIO_EVENT.test(Buffer.concat(chunks).toString('latin1', 0, SNIFF_BYTES))
    if (found) chunks.length = 0
    return found
  }
}
