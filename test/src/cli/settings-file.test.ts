import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { killAfter, NODE } from '../../processes.ts'

t.test('a disk that is full loses nothing of the settings file', async (t) => {
  const folder = t.testdir({ '.env': 'PHONE_HASH_KEY=the-only-copy\n' })
  const path = join(folder, '.env')
  const script = `const { writeSettings } = await import(${JSON.stringify(resolve('dist/src/cli/settings-file.js'))})
    await writeSettings(${JSON.stringify(path)}, { A: 'x'.repeat(5000) }).catch(() => process.exit(7))`

  // Files have a kilobyte at most.
  const child = spawn('sh', ['-c', 'ulimit -f 1 && exec env "$@"', 'sh', ...NODE, '--input-type=module', '-e', script], { cwd: folder })
  t.strictSame(await killAfter(t, child), [7, null])

  t.equal(readFileSync(path, 'utf8'), 'PHONE_HASH_KEY=the-only-copy\n')
  t.strictSame(readdirSync(folder), ['.env'])
})
