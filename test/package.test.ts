/** The dependencies are everything that is needed at run time, and nothing else. */
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'

const { dependencies, files } = JSON.parse(readFileSync('package.json', 'utf8')) as
  { dependencies: Record<string, string>, files: string[] }

const SOURCES = ['src', 'plugins', 'routes', 'schemas']

/** Also `import('…')`, and `import type`, which costs nothing but must not need a package of the tests either. */
const IMPORTED = /(?:^(?:import|\}|export)\b.*from |^import |import\()'([^'.\n][^'\n]*)'/gm

t.test('what runs imports no package of the tests', async (t) => {
  t.strictSame(files.filter((name) => name.startsWith('dist/')), SOURCES.map((folder) => `dist/${folder}`))
  let found = 0
  for (const folder of SOURCES) {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts')) continue
      for (const [, path = ''] of readFileSync(`${folder}/${name}`, 'utf8').matchAll(IMPORTED)) {
        if (path.startsWith('node:')) continue
        const parts = path.split('/')
        const imported = path.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]!
        found++
        t.ok(imported in dependencies, `${folder}/${name} imports ${imported}`)
      }
    }
  }
  t.ok(found > 50, 'imports were found')
})
