/**
 * How answers are written: by one serializer for each schema, made for its first answer. Fastify would make one for each
 * status of each route at the start, 141 from 28 schemas.
 */
import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import fp from 'fastify-plugin'

export default fp(async function serializationPlugin (fastify) {
  const compile = SerializerSelector()({}, {})
  const serializers = new Map<object, (answer: unknown) => string>()

  fastify.setSerializerCompiler<object>((route) => (answer) => {
    let serialize = serializers.get(route.schema)
    if (serialize === undefined) {
      serialize = compile({ httpStatus: 'any', ...route })
      serializers.set(route.schema, serialize)
    }
    return serialize(answer)
  })
}, { name: 'serialization', fastify: '5.x' })
