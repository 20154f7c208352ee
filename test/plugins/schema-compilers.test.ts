import { Type } from '@sinclair/typebox'
import Fastify from 'fastify'
import t from 'tap'
import schemaCompilers from '../../plugins/schema-compilers.ts'

const Answer = Type.Object({ said: Type.String() })

t.test('answers have what their schema names, on every route that shares it', async (t) => {
  const app = Fastify()
  await app.register(schemaCompilers)
  for (const said of ['one', 'two']) app.get(`/${said}`, { schema: { response: { 200: Answer } } }, async () => ({ said, secret: true }))
  app.get('/failed', { schema: { response: { 200: Answer, 500: Type.Object({ message: Type.String() }) } } }, async () => { throw new Error('broken') })

  t.equal((await app.inject('/one')).body, '{"said":"one"}')
  t.equal((await app.inject('/two')).body, '{"said":"two"}')
  t.equal((await app.inject('/failed')).body, '{"message":"broken"}')
})

t.test('a serializer is made for its first answer', async (t) => {
  const app = Fastify()
  await app.register(schemaCompilers)
  app.get('/good', { schema: { response: { 200: Answer, 404: Type.Ref('nowhere') } } }, async () => ({ said: 'good' }))

  t.equal((await app.inject('/good')).body, '{"said":"good"}')
})
