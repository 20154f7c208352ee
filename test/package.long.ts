/** What `npm pack` makes: everything that is needed at run time, and nothing else. `.ci/run` installs it. */
import { execFileSync } from 'node:child_process'
import t from 'tap'

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
