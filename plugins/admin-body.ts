/** An empty JSON body counts as none. Texts are trimmed before validation, so that limits apply to what is stored. */
import fp from 'fastify-plugin'

export default fp(async function adminBodyPlugin (fastify) {
  const parseJson = fastify.getDefaultJsonParser('error', 'error')
  fastify.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else void parseJson(request, body, done)
  })

  fastify.addHook('preValidation', async function trimBody (request) {
    const { body } = request
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return
    request.body = Object.fromEntries(Object.entries(body).map(([name, value]) =>
      [name, typeof value === 'string' ? value.toWellFormed().trim() : value]))
  })
}, { name: 'admin-body', fastify: '5.x' })
