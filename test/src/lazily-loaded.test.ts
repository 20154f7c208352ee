/** In a file of its own, because what one test loads another finds loaded. */
import { createRequire } from 'node:module'
import t from 'tap'
import { build } from '../helper.ts'

const { cache } = createRequire(import.meta.url)

function isLoaded (name: string): boolean {
  return Object.keys(cache).some((path) => path.includes(`/node_modules/${name}/`))
}

t.test('the start loads nothing that only some bridges need', async (t) => {
  const app = await build(t, { DOCS: 'off' })
  await app.ready()

  t.equal(isLoaded('fastify'), true, 'what is loaded can be seen')
  for (const name of ['pg', '@fastify/swagger-ui', '@fastify/static', 'commander', 'cli-progress']) t.equal(isLoaded(name), false, name)
})
