/** Vectors from an OpenAI-compatible embeddings endpoint. */
import { isFields } from '../json.ts'
import { askModelApi, type ModelApi } from '../model-api.ts'
import { MAX_DIMENSIONS } from './vectors.ts'

export interface EmbeddingsSettings extends ModelApi {
  model: string
}

/** There is no vector. The message never quotes the endpoint's response. */
export class EmbeddingsFailed extends Error {
  override readonly name = 'EmbeddingsFailed'
}

/** Of one vector, as JSON. */
const MAX_VECTOR_BYTES = MAX_DIMENSIONS * 32

/**
 * One vector of length 1 for each text, all with as many numbers.
 *
 * @param ms - for all of it, in milliseconds
 * @throws {EmbeddingsFailed} @throws the reason of `signal` once that is aborted
 */
export async function embed (
  settings: EmbeddingsSettings, texts: readonly string[], ms: number, signal: AbortSignal
): Promise<number[][]> {
  const response = await askModelApi(settings, '/embeddings', {
    body: { model: settings.model, input: texts },
    maxBytes: texts.length * MAX_VECTOR_BYTES,
    responseMs: ms,
    signal
  })
  if ('fault' in response) throw new EmbeddingsFailed(response.fault)
  if (response.status !== 200) throw new EmbeddingsFailed(`the endpoint responded with status ${response.status}`)
  return vectorsOf(response.body, texts.length)
}

/** They may come in any order. */
function vectorsOf (body: unknown, count: number): number[][] {
  const data = isFields(body) ? body['data'] : undefined
  if (!Array.isArray(data) || data.length !== count) throw unusable()
  const vectors: number[][] = []
  data.forEach((each: unknown, n) => {
    const { embedding, index = n } = (isFields(each) ? each : {}) as { embedding?: unknown, index?: unknown }
    if (typeof index === 'number' && index in data) vectors[index] = unitVector(embedding)
  })
  const isWhole = Object.keys(vectors).length === count && vectors.every(({ length }) => length === vectors[0]!.length)
  if (!isWhole) throw unusable()
  return vectors
}

/** Of length 1. */
function unitVector (value: unknown): number[] {
  const isVector = (list: unknown): list is number[] =>
    Array.isArray(list) && list.length <= MAX_DIMENSIONS && list.every(Number.isFinite)
  if (!isVector(value)) throw unusable()
  const length = Math.sqrt(value.reduce((sum, each) => sum + each * each, 0))
  if (length === 0 || length === Infinity) throw unusable()
  return value.map((each) => each / length)
}

function unusable (): EmbeddingsFailed {
  return new EmbeddingsFailed('its answer is not one vector for each text')
}
