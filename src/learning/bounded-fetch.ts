/** A `fetch` that limits the response: a huge one must not fill memory, or block call starts while it is parsed. */
import { parseBoundedJson } from '../json.ts'

/** Bytes after decompression: four times the text that is read of a model's answer. */
export const MAX_MODEL_RESPONSE_BYTES = 1024 * 1024

export class ResponseUnreadable extends Error {
  override readonly name = 'ResponseUnreadable'
}

/** @throws {ResponseUnreadable} the body is too large, or that of a 2xx is not JSON or is nested too deep */
export async function boundedFetch (...request: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetch(...request)
  const { status, statusText } = response
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    // Leaving the loop closes the connection.
    if (bytes > MAX_MODEL_RESPONSE_BYTES) throw new ResponseUnreadable('the response is too large')
    chunks.push(chunk)
  }
  const body = Buffer.concat(chunks)
  if (response.ok && parseBoundedJson(body) === undefined) {
    throw new ResponseUnreadable('the response is not JSON, or is nested too deep')
  }
  // `fetch` has decompressed the body, so these no longer fit it.
  const headers = new Headers(response.headers)
  headers.delete('content-encoding')
  headers.delete('content-length')
  return new Response([204, 205, 304].includes(status) ? null : body, { status, statusText, headers })
}
