import { ESLint } from 'eslint'
import t from 'tap'

// Without types: the files that it is given do not exist.
const eslint = new ESLint({
  overrideConfig: {
    languageOptions: { parserOptions: { project: null } },
    rules: { '@typescript-eslint/no-floating-promises': 'off', '@typescript-eslint/no-misused-promises': 'off' }
  }
})

/** What the import rule says of one file with this source. */
async function complaints (filePath: string, source: string): Promise<string[]> {
  const results = await eslint.lintText(`${source}\n`, { filePath })
  const messages = results.flatMap(({ messages }) => messages)
  if (messages.some(({ fatal }) => fatal)) throw new Error(`the source for ${filePath} is no TypeScript`)
  return messages.filter(({ ruleId }) => /^(@typescript-eslint\/)?no-restricted-(imports|globals)$/.test(ruleId ?? '')).map(({ message }) => message)
}

const importing = (path: string) => `import { x } from '${path}'\nx()`

t.test('the import rule refuses', async (t) => {
  const cases: Array<[what: string, file: string, source: string]> = [
    ['a schema that imports src', 'schemas/a.ts', importing('../src/errors.ts')],
    ['a schema that imports a folder of src', 'schemas/a.ts', importing('../src/store/store.ts')],
    ['a schema that imports a plugin', 'schemas/a.ts', importing('../plugins/store.ts')],
    ['a schema that imports a route', 'schemas/a.ts', importing('../routes/health.ts')],
    ['a plugin that imports its neighbour', 'plugins/a.ts', importing('./store.ts')],
    ['a plugin that imports another by its folder', 'plugins/a.ts', importing('../plugins/store.ts')],
    ['a plugin that re-exports another', 'plugins/a.ts', "export * from './store.ts'"],
    ['a plugin that imports a route', 'plugins/a.ts', importing('../routes/health.ts')],
    ['a route that imports a plugin', 'routes/api/a.ts', importing('../../plugins/store.ts')],
    ['a route that imports the type of a plugin', 'routes/a.ts', "import type { x } from '../plugins/store.ts'\nexport type y = x"],
    ['a route that imports the store', 'routes/api/a.ts', importing('../../src/store/file-store.ts')],
    ['a route that imports a file of src', 'routes/api/a.ts', importing('../../src/json.ts')],
    ['a route that imports a namesake of the errors', 'routes/a.ts', importing('../src/errors.ts.other/x.ts')],
    ['src that imports a plugin', 'src/a.ts', importing('../plugins/store.ts')],
    ['src that imports a plugin from a folder', 'src/store/a.ts', importing('../../plugins/store.ts')],
    ['src that imports a route', 'src/a.ts', importing('../routes/health.ts')],
    ['src that imports a test', 'src/a.ts', importing('../test/helper.ts')],
    ['src that imports Fastify', 'src/a.ts', importing('fastify')],
    ['src that imports the type of a Fastify plugin', 'src/a.ts', "import type { x } from '@fastify/cors'\nexport type y = x"],
    ['src that imports more than the type of a schema', 'src/store/a.ts', importing('../../schemas/env.ts')],
    ['a command that imports a plugin', 'src/cli/a.ts', importing('../../plugins/config.ts')],
    ['a command that imports more than the type of a schema', 'src/cli/a.ts', importing('../../schemas/env.ts')],
    ['src that reads the environment', 'src/a.ts', 'export const x = process.env'],
    ['src that ends the process', 'src/phone/a.ts', 'process.exit(1)']
  ]
  for (const [what, file, source] of cases) t.equal((await complaints(file, source)).length, 1, what)
})

t.test('the import rule takes', async (t) => {
  const cases: Array<[what: string, file: string, source: string]> = [
    ['a schema that imports another', 'schemas/a.ts', importing('./common.ts')],
    ['a schema that imports TypeBox', 'schemas/a.ts', importing('@sinclair/typebox')],
    ['a plugin that imports src and a schema', 'plugins/a.ts', "import { x } from '../src/store/file-store.ts'\nimport { y } from '../schemas/env.ts'\nx(y)"],
    ['a plugin that imports an official one', 'plugins/a.ts', importing('@fastify/cors')],
    ['a plugin that reads the environment', 'plugins/a.ts', 'export const x = process.env'],
    ['a route that imports errors', 'routes/a.ts', importing('../src/errors.ts')],
    ['a route in a folder that imports errors and schemas', 'routes/api/a.ts', "import { x } from '../../src/errors.ts'\nimport { y } from '../../schemas/env.ts'\nx(y)"],
    ['a route that imports changes of a caller, and what they need', 'routes/api/a.ts', "import { x } from '../../src/operator.ts'\nimport { y } from '../../src/caller/facts.ts'\nx(y)"],
    ['src that imports src, node and the type of a schema', 'src/a.ts', "import { x } from './store/store.ts'\nimport { y } from 'node:path'\nimport type { z } from '../schemas/env.ts'\nx(y as z)"],
    ['the app, where everything meets', 'src/app.ts', "import { x } from '../plugins/store.ts'\nimport { y } from '../routes/health.ts'\nx(y)"],
    ['the parts of the command line, where everything meets', 'src/cli/parts.ts', "import { x } from '../../plugins/config.ts'\nimport { y } from '../../schemas/env.ts'\nimport z from 'fastify'\nx(y, z)"],
    ['the server, which is the process', 'src/server.ts', 'process.exitCode = 1'],
    ['the command line, which is the process', 'src/cli/memory-bridge.ts', 'process.exitCode = 1'],
    ['a test, which may import anything', 'test/a.ts', "import { x } from '../src/operator.ts'\nimport { y } from '../plugins/store.ts'\nx(y)"]
  ]
  for (const [what, file, source] of cases) t.strictSame(await complaints(file, source), [], what)
})
