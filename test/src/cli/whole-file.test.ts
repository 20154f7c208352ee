import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { writeWholeFile } from '../../../src/cli/whole-file.ts'

/** Writes some text, and fails after it when told to. */
const writing = (text: string, failure?: Error) => async (sink: NodeJS.WritableStream): Promise<string> => {
  await pipeline(async function * () {
    yield text
    if (failure !== undefined) throw failure
  }, sink)
  return 'written'
}

t.test('the file is there, whole and for its owner alone, and nothing beside it', async (t) => {
  const folder = t.testdir({})
  const path = join(folder, 'file')

  t.equal(await writeWholeFile(path, { overwrite: false }, writing('a'.repeat(1_000_000))), 'written')
  t.equal(readFileSync(path, 'utf8').length, 1_000_000)
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.strictSame(readdirSync(folder), ['file'])
})

t.test('of a write that fails nothing is left, whenever it does', async (t) => {
  const folder = t.testdir({ file: 'before' })
  const path = join(folder, 'file')

  await t.rejects(writeWholeFile(path, { overwrite: true }, writing('half', new Error('in the middle'))), { message: 'in the middle' })
  await t.rejects(writeWholeFile(path, { overwrite: true }, async () => { throw new Error('before it began') }), { message: 'before it began' })
  await t.rejects(writeWholeFile(join(folder, 'none', 'file'), { overwrite: true }, writing('x')), { code: 'ENOENT' })
  await t.rejects(writeWholeFile(join(folder, 'none', 'file'), { overwrite: true }, async () => { throw new Error('before it began') }), { message: 'before it began' })

  t.strictSame(readdirSync(folder), ['file'])
  t.equal(readFileSync(path, 'utf8'), 'before')
})

t.test('what is there stays, unless it is a file that may be replaced', async (t) => {
  const folder = t.testdir({})
  const path = join(folder, 'file')
  writeFileSync(path, 'before')
  mkdirSync(join(folder, 'folder'))

  await t.rejects(writeWholeFile(path, { overwrite: false }, writing('after')), { code: 'BRIDGE_COMMAND_FAILED', message: /--force/ })
  t.equal(readFileSync(path, 'utf8'), 'before')
  await t.rejects(writeWholeFile(join(folder, 'folder'), { overwrite: true }, writing('after')), { message: /is not a file/ })
  await writeWholeFile(path, { overwrite: true }, writing('after'))
  t.equal(readFileSync(path, 'utf8'), 'after')
})
