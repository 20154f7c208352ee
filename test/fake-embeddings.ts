/** An embeddings endpoint, over real HTTP: texts with the same words, or with words of the same list, are alike. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'

/** What it takes for one meaning. */
const MEANINGS = [
  ['allergic', 'allergy', 'peanuts', 'eat', 'food', 'meals'],
  ['hound', 'dog', 'pet', 'animal', 'pets', 'animals'],
  ['courier', 'parcel', 'parcels', 'delivery', 'mail']
]

const DIMENSIONS = 256

/** As a model gives it: words without a meaning of their own count for themselves. */
export function embedded (text: string, dimensions = DIMENSIONS): number[] {
  const vector = new Array<number>(dimensions).fill(0)
  for (const word of text.toLowerCase().match(/\p{L}{3,}/gu) ?? []) {
    const meaning = MEANINGS.findIndex((words) => words.includes(word))
    const place = meaning >= 0 ? meaning : MEANINGS.length + createHash('md5').update(word).digest().readUInt16BE() % (dimensions - MEANINGS.length)
    vector[place]! += meaning >= 0 ? 2 : 1
  }
  if (Math.max(...vector) === 0) vector[dimensions - 1] = 1
  return vector
}

export interface EmbeddingsRequest {
  path: string
  headers: IncomingHttpHeaders
  body: { model: string, input: string[] }
}

/** What the endpoint answers in place of vectors; null for vectors. */
export type Trouble = { status: number, body?: object | string } | 'hang' | 'reset' | null

/** Until the test ends. `trouble` can be changed at any time. */
export async function startEmbeddings (t: Test) {
  const requests: EmbeddingsRequest[] = []
  const fake = {
    url: '',
    requests,
    /** Every text that was sent, in order. */
    texts: () => requests.flatMap(({ body }) => body.input),
    /** Requests that ended without a response. */
    brokenOff: 0,
    trouble: null as Trouble | ((request: EmbeddingsRequest) => Trouble)
  }
  const server = createServer(async (request, response) => {
    response.on('close', () => { if (!response.writableFinished) fake.brokenOff++ })
    let text = ''
    for await (const chunk of request) text += chunk
    const asked: EmbeddingsRequest = { path: request.url ?? '', headers: request.headers, body: JSON.parse(text) }
    requests.push(asked)
    const trouble = typeof fake.trouble === 'function' ? fake.trouble(asked) : fake.trouble
    if (trouble === 'hang') return
    if (trouble === 'reset') {
      response.socket?.resetAndDestroy()
      return
    }
    const body = trouble?.body ?? {
      object: 'list', model: asked.body.model, data: asked.body.input.map((input, index) => ({ object: 'embedding', index, embedding: embedded(input) }))
    }
    response.writeHead(trouble?.status ?? 200, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  t.teardown(() => { server.closeAllConnections(); server.close() })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return fake
}

/** Resolves once it is so; a test that waits in vain is ended by tap. */
export async function until (isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!await isSo()) await sleep(10)
}
