import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { withSettings } from '../../../src/cli/settings-file.ts'
import { CommandFailed } from '../../../src/errors.ts'
import { killAfter, NODE } from '../../processes.ts'

const changed = (text: string, value = 'new') => withSettings(text, { A: value }, '.env')

t.test('a value is replaced where it is, and everything else stays', async (t) => {
  for (const [before, after] of [
    ['', 'A=new\n'],
    ['B=1', 'B=1\nA=new\n'],
    ['B=1\r\n', 'B=1\r\nA=new\r\n'],
    ['# A=old\nA=old # mine\n\n B = 2\n', '# A=old\nA=new\n\n B = 2\n'],
    ['A=old\r\nB=1\r\n', 'A=new\r\nB=1\r\n'],
    ['export A="old"\nB=1\n', 'export A=new\nB=1\n'],
    ['A=1\nA=2\n', 'A=1\nA=new\n'],
    ['A=\nAA=1\n', 'A=new\nAA=1\n'],
    ["A='old'\nXA=1\n", 'A=new\nXA=1\n']
  ] as const) t.equal(changed(before), after, JSON.stringify(before))
})

t.test('values with special characters are quoted', async (t) => {
  for (const value of ['a b', 'a#b', "it's", 'say "a"', '$HOME', ' a ', '']) {
    t.equal(parseEnv(changed('A=old\n', value))['A'], value, value)
  }
  for (const value of ['\'"`', 'a\nb', 'a\r']) t.throws(() => changed('', value), { message: /cannot be quoted/ })
})

t.test('a file that cannot be changed safely is refused', async (t) => {
  const fault = { message: /cannot be changed safely/ }
  t.throws(() => changed('B="\nA=old\n"\n'), fault, 'a line within another value')
  t.throws(() => changed('A="old\nB=more"\n'), fault, 'a value of several lines')
})

t.test('any file: it is refused, or only the setting changes', async () => {
  const line = fc.oneof(
    fc.tuple(fc.constantFrom('A', 'B', 'export A', ' A ', 'AA'), fc.string({ maxLength: 12 })).map((pair) => pair.join('=')),
    fc.string({ maxLength: 12 }),
    fc.constantFrom('# A=1', '', 'B="', '"', "A='x", 'A=`')
  )
  const file = fc.tuple(fc.array(line, { maxLength: 6 }), fc.constantFrom('\n', '\r\n')).map(([lines, end]) => lines.join(end))
  fc.assert(fc.property(file, fc.stringMatching(/^[\w#' "$=]{0,10}$/), (text, value) => {
    try {
      assert.deepEqual({ ...parseEnv(changed(text, value)) }, { ...parseEnv(`${text}\n`), A: value })
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error
    }
  }), { numRuns: 300 })
  const lines = fc.array(fc.constantFrom('B=1', '# A=x', 'A=old', 'C="a b"', ''), { maxLength: 6 }).map((each) => each.join('\n'))
  fc.assert(fc.property(lines, (text) => {
    const others = (all: string) => all.split('\n').filter((each) => each !== '' && !each.startsWith('A='))
    assert.deepEqual(others(changed(text)), others(text))
  }), { numRuns: 100 })
})

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
