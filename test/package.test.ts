/** What `npm pack` makes: everything that is needed at run time, and nothing else. `.ci/run` installs it. */
import { execFileSync } from 'node:child_process'
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

t.test('the package has the command, its samples and documents, and neither tests nor sources', async (t) => {
  const [{ files: packed }] = JSON.parse(execFileSync(
    'npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }
  )) as [{ files: Array<{ path: string }> }]
  const paths = packed.map(({ path }) => path)

  for (const needed of ['dist/src/cli/memory-bridge.js', 'dist/src/server.js', '.env.example', 'soul_template.md', 'deploy/memory-bridge.service', 'docs/setup.md', 'LICENSE']) {
    t.ok(paths.includes(needed), needed)
  }
  t.strictSame(paths.filter((path) => /^(test|bench|data|\.ci)\/|^dist\/(test|bench)|\.ts$|^\.env$/.test(path)), [])
})
