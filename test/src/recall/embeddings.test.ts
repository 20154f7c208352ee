import t from 'tap'
import { embed, EmbeddingsFailed } from '../../../src/recall/embeddings.ts'
import { MAX_DIMENSIONS } from '../../../src/recall/vectors.ts'
import { startEmbeddings, type Trouble } from '../../fake-embeddings.ts'

const PATIENCE_MS = 20_000
const signal = () => new AbortController().signal

t.test('asks as OpenAI has it, and gives each text its vector, of length 1', async (t) => {
  const fake = await startEmbeddings(t)
  const vectors = await embed({ baseUrl: fake.url, apiKey: 'the-key', model: 'small' }, ['Has a dog', 'Likes tea'], PATIENCE_MS, signal())

  t.match(fake.requests, [{ path: '/v1/embeddings', headers: { authorization: 'Bearer the-key' }, body: { model: 'small', input: ['Has a dog', 'Likes tea'] } }])
  t.strictSame(Object.keys(fake.requests[0]!.body), ['model', 'input'], 'nothing that a plain endpoint does not know')
  t.equal(vectors.length, 2)
  t.notSame(vectors[0], vectors[1])
  for (const vector of vectors) t.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-9)
})

t.test('no key is sent where there is none', async (t) => {
  const fake = await startEmbeddings(t)
  await embed({ baseUrl: `${fake.url}/v1/`, apiKey: undefined, model: 'small' }, ['Has a dog'], PATIENCE_MS, signal())
  t.equal(fake.requests[0]!.path, '/v1/embeddings')
  t.equal(fake.requests[0]!.headers.authorization, undefined)
})

t.test('vectors may come in another order', async (t) => {
  const fake = await startEmbeddings(t)
  fake.trouble = { status: 200, body: { data: [{ index: 1, embedding: [0, 2] }, { index: 0, embedding: [3, 0] }] } }
  t.strictSame(await embed({ baseUrl: fake.url, apiKey: undefined, model: 'small' }, ['a', 'b'], PATIENCE_MS, signal()), [[1, 0], [0, 1]])
})

const vectors = (...embeddings: unknown[]) =>
  ({ status: 200, body: { data: embeddings.map((embedding, index) => ({ index, embedding })) } })
const USELESS: Record<string, Exclude<Trouble, null>> = {
  'an error': { status: 500 },
  'a refusal': { status: 401, body: { error: { message: 'bad key the-key' } } },
  'a redirection': { status: 307 },
  'no JSON': { status: 200, body: '<html>' },
  'JSON of another kind': { status: 200, body: [] },
  'no list': { status: 200, body: { data: 'the-key' } },
  'too few': vectors([1, 2]),
  'too many': vectors([1, 2], [1, 2], [1, 2]),
  'one twice': { status: 200, body: { data: [{ index: 0, embedding: [1] }, { index: 0, embedding: [1] }] } },
  'a place that is none': { status: 200, body: { data: [{ index: 0, embedding: [1] }, { index: -1, embedding: [1] }] } },
  'texts for numbers': vectors([1, 2], ['1', '2']),
  'null for a number': vectors([1, 2], [null, 2]),
  base64: vectors('AAAA', 'AAAA'),
  'no numbers': vectors([], []),
  'zeros alone': vectors([1, 2], [0, 0]),
  'lengths that differ': vectors([1, 2], [1, 2, 3]),
  'too long': vectors(...Array.from({ length: 2 }, () => new Array<number>(MAX_DIMENSIONS + 1).fill(1))),
  'numbers too large': { status: 200, body: '{"data":[{"embedding":[1e400]},{"embedding":[1]}]}' },
  'numbers whose square is too large': { status: 200, body: '{"data":[{"embedding":[1e200]},{"embedding":[1]}]}' },
  'too many bytes': { status: 200, body: { ...vectors([1], [2]).body, padding: 'x'.repeat(2 * MAX_DIMENSIONS * 32) } },
  'a connection that breaks': 'reset'
}

for (const [what, trouble] of Object.entries(USELESS)) {
  t.test(`${what}: there is no vector, and the error quotes nothing`, async (t) => {
    const fake = await startEmbeddings(t)
    fake.trouble = trouble
    const error = await embed({ baseUrl: fake.url, apiKey: 'the-key', model: 'small' }, ['Has a dog', 'Likes tea'], PATIENCE_MS, signal()).catch((error: unknown) => error)
    t.ok(error instanceof EmbeddingsFailed, String(error))
    t.notMatch(String(error), /the-key|127\.0\.0\.1|dog/)
  })
}

t.test('whoever takes too long is not waited for', async (t) => {
  const fake = await startEmbeddings(t)
  fake.trouble = 'hang'
  await t.rejects(embed({ baseUrl: fake.url, apiKey: undefined, model: 'small' }, ['Has a dog'], 30, signal()), new EmbeddingsFailed('it did not respond within 0.03 seconds'))
})

t.test('a stop ends it with its reason', async (t) => {
  const fake = await startEmbeddings(t)
  fake.trouble = 'hang'
  const stop = new AbortController()
  const embedding = embed({ baseUrl: fake.url, apiKey: undefined, model: 'small' }, ['Has a dog'], PATIENCE_MS, stop.signal)
  stop.abort(new Error('stopped'))
  await t.rejects(embedding, new Error('stopped'))
})
