/** Reading webhook bodies without trusting their size: what is too large, or audio, is never held in memory. */
import { finished, type Readable } from 'node:stream'
import { BodyCutOff, BodyTooComplex, BodyTooLarge } from '../errors.ts'
import { createJsonScan, MAX_DEPTH, MAX_VALUES } from '../json-limits.ts'
import type { LargeBody } from './large-bodies.ts'

/** A route's limits, in bytes. */
export interface BodyLimits {
  maxBytes: number
  /** For audio events, which are read past and not held; null where they are not expected. */
  maxAudioBytes: number | null
}

export interface BodyReading extends BodyLimits {
  /** Fed with every chunk, held or not. */
  onChunk: (chunk: Buffer) => void
  /** Takes one of the few places for large bodies; resolves once it has one. */
  takeLargeSlot: (body: LargeBody) => Promise<void>
}

/** Bodies above this need a place of their own: what every stranger may make us hold is small. */
export const LARGE_BODY_BYTES = 128 * 1024

/** How long a large body may take once it has its place; few places must not be kept by the slow. */
const LARGE_BODY_MS = 10_000

/** Pieces that a body may come in: so many, and one more for each so many bytes. Each costs memory of its own. */
const MIN_PIECES = 2048
const PIECE_BYTES = 256

/** Small pieces that are held as they came; more of them are put together. */
const MAX_LOOSE = 64

/** The type of an event stands near its start. */
const SNIFF_BYTES = 4 * 1024

/** An audio event, recognised by its first bytes. Inside a JSON string the quotes would be escaped. */
const AUDIO_EVENT = /"type"\s*:\s*"post_call_audio"/

/**
 * The whole body, or null for an audio event.
 *
 * @throws {BodyTooLarge} as soon as it is known
 * @throws {BodyTooComplex} as soon as it is known
 * @throws {BodyCutOff} the connection ended before the body did, or a large one was too slow
 */
export function readBody (body: Readable, reading: BodyReading): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  const scan = createJsonScan()
  const startedAt = performance.now()
  let bytes = 0
  let pieces = 0
  let isAudio: boolean | null = null
  let isLarge = false
  let isWhole = false
  let deadline: NodeJS.Timeout | undefined

  // Events, not an async iterator: every ring waits for this, and nearly all have one chunk.
  return new Promise((resolve, reject) => {
    const unwatch = finished(body, (error) => {
      if (error != null) cutOff(error)
      else complete()
    })
    body.on('data', take)

    function take (chunk: Buffer): void {
      bytes += chunk.length
      if (++pieces > MIN_PIECES + bytes / PIECE_BYTES) {
        cutOff(new Error('it came in too many small pieces'))
        // No response: what is still to come must not be read.
        body.destroy()
        return
      }
      reading.onChunk(chunk)
      if (isAudio !== true) {
        chunks.push(chunk)
        if (chunks.length > MAX_LOOSE && bytes < MAX_LOOSE * 1024) chunks.splice(0, chunks.length, Buffer.concat(chunks))
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
        giveUp: () => cutOff(new Error('others waited for its place, and it was the slowest'))
      }).then(() => {
        // It may have been cut off meanwhile.
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

    /** Nothing more is read: what the sender still has stays with it. */
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
