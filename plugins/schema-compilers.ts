/** Checks requests against their schemas, describes what is wrong, and writes responses by theirs. */
import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import { Ajv, type ErrorObject } from 'ajv'
import addFormats from 'ajv-formats'
import fp from 'fastify-plugin'
import { RequestInvalid } from '../src/errors.ts'
import { OWN_SCHEMAS } from '../src/json.ts'

const OPTIONS = {
  ...OWN_SCHEMAS, useDefaults: true, removeAdditional: false, allErrors: false, verbose: true, allowUnionTypes: true
} as const

// Shared, because each caches the checks that it compiled.
const strict = addFormats.default(new Ajv({ ...OPTIONS, coerceTypes: false }))
const converting = addFormats.default(new Ajv({ ...OPTIONS, coerceTypes: true }))

const compile = SerializerSelector()({}, {})
const serializers = new WeakMap<object, (response: unknown) => string>()

export default fp(async function schemaCompilersPlugin (fastify) {
  // Types are converted only in query strings, where everything is text.
  fastify.setValidatorCompiler<object>(({ schema, httpPart }) =>
    (httpPart === 'querystring' ? converting : strict).compile(schema))
  fastify.setSchemaErrorFormatter(describeFault)
  // One serializer per response schema, when it is first used. Fastify would compile one per status of each route at
  // start: 141 from 28 schemas.
  fastify.setSerializerCompiler<object>((route) => (response) => {
    let serialize = serializers.get(route.schema)
    if (serialize === undefined) {
      serialize = compile({ httpStatus: 'any', ...route })
      serializers.set(route.schema, serialize)
    }
    return serialize(response)
  })
}, { name: 'schema-compilers', fastify: '5.x' })

/** An error that names the first wrong field, and says what it should be, in the words of its schema. */
function describeFault (faults: Array<Partial<ErrorObject>>, part: string): Error {
  const fault = faults[0]
  const named = fault?.keyword === 'additionalProperties' ? ` (${String(fault.params?.['additionalProperty'])})` : ''
  const description = faults
    .map(({ parentSchema }) => parentSchema?.['description'] as string | undefined)
    .find((text) => text !== undefined)
  const remedy = description === undefined ? '' : `: ${description}`
  return new RequestInvalid(`${part}${fault?.instancePath ?? ''} ${fault?.message ?? 'is wrong'}${named}${remedy}`)
}
