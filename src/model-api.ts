/** The OpenAI-compatible API at OPENCLAW_API_BASE_URL, such as that of an OpenClaw gateway. */
import { fetchJson, withoutTrailingSlashes, type JsonRequest } from './http-client.ts'

export interface ModelApi {
  /** Can be undefined where no model is asked. */
  baseUrl: string | undefined
  /** Sent as a bearer token; undefined for an endpoint without authentication. */
  apiKey: string | undefined
}

export async function askModelApi (
  { baseUrl, apiKey }: ModelApi,
  path: '/chat/completions' | '/embeddings',
  request: Omit<JsonRequest, 'method' | 'headers'>
) {
  if (baseUrl === undefined) return { fault: 'OPENCLAW_API_BASE_URL is not set' }
  const headers = new Headers(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` })
  return await fetchJson(withVersion(baseUrl) + path, { ...request, method: 'POST', headers })
}

/** Adds `/v1` unless the path has a version, such as `/v1beta/openai`. */
function withVersion (baseUrl: string): string {
  const url = withoutTrailingSlashes(baseUrl)
  return /\/v\d\w*(\/|$)/.test(url) ? url : `${url}/v1`
}
