/** `fetch` for answers that are small when all is well: a larger one must not fill the memory, or hold up the calls while it is read. */
import { parseBoundedJson } from '../json-limits.ts'

/** Bytes of an answer, as it is after decompression: four times what is read of what a model writes. */
export const MAX_ANSWER_BYTES = 1024 * 1024

/** Thrown in place of an answer that is too large, or no JSON that is read here. */
export class AnswerUnreadable extends Error {
  override readonly name = 'AnswerUnreadable'
}

/**
 * As `fetch`, but the whole answer is there when it resolves.
 *
 * @throws {AnswerUnreadable} a good answer is too large, or nested too deep; the connection is ended
 */
export async function boundedFetch (...request: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetch(...request)
  const { status, statusText } = response
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    // Leaving the loop ends the connection.
    if (bytes > MAX_ANSWER_BYTES) throw new AnswerUnreadable('it is too large')
    chunks.push(chunk)
  }
  const body = Buffer.concat(chunks)
  if (response.ok && parseBoundedJson(body) === undefined) throw new AnswerUnreadable('it is no JSON')
  // What was decompressed here must not be taken for compressed.
  const headers = new Headers(response.headers)
  headers.delete('content-encoding')
  headers.delete('content-length')
  return new Response([204, 205, 304].includes(status) ? null : body, { status, statusText, headers })
}
