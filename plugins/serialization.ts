/**
 * Compiles one serializer per response schema, when it is first used. Fastify would compile one per status of each
 * route at start: 141 from 28 schemas.
 */
import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import fp from 'fastify-plugin'

const compile = SerializerSelector()({}, {})
const serializers = new WeakMap<object, (response: unknown) => string>()

export default fp(async function serializationPlugin (fastify) {
  fastify.setSerializerCompiler<object>((route) => (response) => {
    let serialize = serializers.get(route.schema)
    if (serialize === undefined) {
      serialize = compile({ httpStatus: 'any', ...route })
      serializers.set(route.schema, serialize)
    }
    return serialize(response)
  })
}, { name: 'serialization', fastify: '5.x' })
