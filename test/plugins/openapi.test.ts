import assert from 'node:assert/strict'
import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import t from 'tap'
import { OWN_SCHEMAS } from '../../src/json.ts'
import { build } from '../helper.ts'

interface Answer {
  description?: string
  content?: { 'application/json'?: { schema: { examples?: unknown[], example?: unknown }, example?: unknown, examples?: Record<string, { value: unknown }> } }
}

interface Parameter {
  name: string
  in: string
  required?: boolean
}

interface Operation {
  summary?: string
  description?: string
  tags?: string[]
  security?: object[]
  responses: Record<string, Answer>
}

interface Document {
  openapi: string
  servers: object[]
  tags: Array<{ name: string }>
  paths: Record<string, Record<string, Operation>>
  components: { securitySchemes: object }
}

async function fetchDocument (t: Parameters<typeof build>[0]): Promise<Document> {
  return (await (await build(t)).inject('/docs/json')).json()
}

function operationsOf ({ paths }: Document) {
  return Object.entries(paths).flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => ({ path, name: `${method} ${path}`, operation })))
}

function examplesOf ({ content }: Answer): unknown[] {
  const { schema, example, examples } = content?.['application/json'] ?? {}
  return [
    ...(schema?.examples ?? []),
    schema?.example,
    example,
    ...Object.values(examples ?? {}).map(({ value }) => value)
  ].filter((each) => each !== undefined)
}

t.test('the document is served at /docs/json, and the UI at /docs, without a key', async (t) => {
  const app = await build(t)
  const ui = await app.inject('/docs/')
  const moved = await app.inject('/docs')
  const document = (await app.inject('/docs/json')).json()

  t.ok(moved.statusCode === 200 || moved.headers.location?.endsWith('/docs/') === true)
  t.equal(ui.statusCode, 200)
  t.match(ui.headers['content-type'], /^text\/html/)
  t.match(ui.body, /swagger-ui/)
  for (const [, script = ''] of ui.body.matchAll(/src="\.?([^"]+)"/g)) t.equal((await app.inject(new URL(`/docs/${script}`.replaceAll('//', '/'), 'http://x').pathname)).statusCode, 200, script)
  t.match(document, { openapi: '3.1.0', info: { title: 'Memory bridge' }, servers: [{ url: '/' }] })
  t.equal(document.servers.length, 1)
})

t.test('every route of the design is in it, and no other', async (t) => {
  t.strictSame(operationsOf(await fetchDocument(t)).map(({ name }) => name).sort(), [
    'delete /api/memory/{phone_hash}',
    'delete /api/memory/{phone_hash}/facts/{fact_id}',
    'delete /api/notes/{note_id}',
    'get /api/callers',
    'get /api/connection',
    'get /api/jobs',
    'get /api/memory/{phone_hash}',
    'get /api/memory/{phone_hash}/calls/{call_id}/told',
    'get /api/memory/{phone_hash}/facts/{fact_id}/history',
    'get /api/notes',
    'get /api/status',
    'get /health',
    'get /health/ready',
    'patch /api/memory/{phone_hash}',
    'patch /api/memory/{phone_hash}/facts/{fact_id}',
    'post /api/backfill',
    'post /api/callers/lookup',
    'post /api/jobs/{job_id}/retry',
    'post /api/memory/{phone_hash}',
    'post /api/memory/{phone_hash}/facts/{fact_id}/approve',
    'post /api/memory/{phone_hash}/facts/{fact_id}/reject',
    'post /api/memory/{phone_hash}/open-items/{item_id}/close',
    'post /api/notes',
    'post /api/preview',
    'post /api/seal',
    'post /api/sweep',
    'post /tools/correct',
    'post /tools/forget',
    'post /tools/recall',
    'post /tools/remember',
    'post /webhook/personalize',
    'post /webhook/post-call',
    'put /api/connection'
  ])
})

t.test('every operation', async (t) => {
  const document = await fetchDocument(t)
  const tags = document.tags.map(({ name }) => name)

  for (const { path, name, operation } of operationsOf(document)) {
    t.test(name, async (t) => {
      const codes = Object.keys(operation.responses)

      t.ok(operation.summary, 'has a summary')
      t.equal(operation.tags?.length, 1, 'has one tag')
      t.ok(tags.includes(operation.tags?.[0] ?? ''), 'has a tag that is described')
      t.ok(codes.some((code) => code.startsWith('2')), 'has a good answer')
      if (path.startsWith('/api')) {
        t.strictSame(['400', '401', '403', '429', '500', '503'].filter((code) => !codes.includes(code)), [], 'has every answer')
        t.strictSame(operation.security, [{ adminKey: [] }], 'wants the admin key')
      } else {
        t.notMatch(JSON.stringify(operation.security ?? []), /adminKey/, 'wants no admin key')
      }
      if (path.startsWith('/tools')) {
        t.strictSame(['400', '401', '413'].filter((code) => !codes.includes(code)), [], 'has every answer')
        t.match(operation.description, /"url": "https:\/\/bridge\.example\/tools\/\w+"[^]*"variable_name": "secret__caller_token"/, 'shows its definition to paste')
      }
      if (path.startsWith('/webhook')) t.strictSame(['400', '401', '408', '413'].filter((code) => !codes.includes(code)), [], 'has every answer')
      if (path.includes('{') && !name.startsWith('post')) t.ok(codes.includes('404') || /^(patch|delete) .*phone_hash}$/.test(name), 'says what is answered when there is nothing')
      t.notOk(Object.values(operation.responses).some(({ description }) => !description || description === 'Default Response'), 'describes its answers')
    })
  }
})

t.test('every answer has an example that fits its own schema, and is written whole', async (t) => {
  const ajv = addFormats.default(new Ajv({ strict: false, allErrors: true, code: OWN_SCHEMAS.code }))
  const serializerFor = SerializerSelector()()
  const document = await fetchDocument(t)
  // Most operations share their errors.
  const compiled = new Map<string, { validate: ValidateFunction, serialize: (value: unknown) => string }>()

  for (const { name, operation } of operationsOf(document)) {
    for (const [code, answer] of Object.entries(operation.responses)) {
      const schema = answer.content?.['application/json']?.schema ?? false
      const key = JSON.stringify(schema)
      const { validate, serialize } = compiled.get(key) ??
        { validate: ajv.compile(schema), serialize: serializerFor({ method: '', url: '', httpStatus: code, schema }) }
      compiled.set(key, { validate, serialize })
      const examples = examplesOf(answer)
      assert.ok(examples.length > 0, `${name} ${code} has one`)
      for (const example of examples) {
        assert.ok(validate(example), `${name} ${code} fits: ${ajv.errorsText(validate.errors)}`)
        assert.deepEqual(JSON.parse(serialize(example)), example, `${name} ${code} is whole`)
      }
    }
  }
})

t.test('the security schemes that operations name exist', async (t) => {
  const document = await fetchDocument(t)
  const named = operationsOf(document).flatMap(({ operation }) =>
    (operation.security ?? []).flatMap((each) => Object.keys(each)))

  for (const name of new Set(named)) t.hasProp(document.components.securitySchemes, name)
  t.match(document.components.securitySchemes, { adminKey: { type: 'http', scheme: 'bearer' } })
})

t.test('nothing is filled in beforehand that need not be sent', async (t) => {
  const app = await build(t)
  await app.ready()
  const { paths } = app.swagger() as unknown as { paths: Record<string, Record<string, { parameters?: Parameter[] }>> }
  const parameters = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, operation]) =>
      (operation.parameters ?? []).map((parameter) => ({ name: `${method} ${path} ${parameter.name}`, parameter }))))
  const optional = parameters.filter(({ parameter }) => parameter.required !== true)

  for (const { name, parameter } of optional) {
    t.notMatch(JSON.stringify(parameter), /"(?:examples?|default)":/, `${name} is left empty`)
  }
  t.strictSame(optional.map(({ name }) => name).sort(), [
    'delete /api/notes/{note_id} phone_hash',
    'get /api/callers after',
    'get /api/callers limit',
    'get /api/jobs after',
    'get /api/jobs limit',
    'get /api/jobs state',
    'get /api/notes phone_hash',
    ...['correct', 'forget', 'recall', 'remember'].flatMap((tool) => [`post /tools/${tool} x-caller-token`, `post /tools/${tool} x-conversation-id`]),
    'post /webhook/personalize x-webhook-secret',
    'post /webhook/post-call elevenlabs-signature'
  ])
  for (const { name, parameter } of parameters.filter(({ parameter }) => parameter.name === 'phone_hash' && parameter.in === 'path')) {
    t.match(JSON.stringify(parameter), /"examples?":/, `${name} shows what one looks like`)
  }
})
