import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { makeFolder, orNull, readDurable, removeDurable, stampFile, writeDurable } from '../../../../src/store/file/durable-file.ts'

t.test('what was written is read back, with the same stamp', async (t) => {
  const path = join(t.testdir({}), 'deep', 'er', 'file.json')

  const stamp = await writeDurable(path, 'Grüße\n')

  t.strictSame(await readDurable(path), { text: 'Grüße\n', stamp })
  t.equal(await stampFile(path), stamp)
  t.equal((await stat(path)).mode & 0o777, 0o600)
  t.equal((await stat(join(path, '..'))).mode & 0o777, 0o700)
  t.equal((await stat(join(path, '..', '..'))).mode & 0o777, 0o700)
})

t.test('a missing file is null; every other failure is an error', async (t) => {
  const folder = t.testdir({ file: '', folder: {} })

  t.equal(await readDurable(join(folder, 'none')), null)
  t.equal(await stampFile(join(folder, 'none')), null)
  await t.rejects(readDurable(join(folder, 'folder')), { code: 'EISDIR' })
  await t.rejects(readDurable(join(folder, 'file', 'below')), { code: 'ENOTDIR' })
  await t.rejects(stampFile(join(folder, 'file', 'below')), { code: 'ENOTDIR' })
  await t.rejects(writeDurable(join(folder, 'folder'), 'x'), { code: 'EISDIR' })
  await t.rejects(orNull(Promise.reject(new Error('no code')), 'ENOENT'), { message: 'no code' })
  t.equal(await orNull(stat(join(folder, 'file', 'below')), 'ENOENT', 'ENOTDIR'), null)
})

t.test('every replacement has a stamp of its own', async (t) => {
  const path = join(t.testdir({}), 'file')
  const stamps = []
  for (let n = 0; n < 10; n++) stamps.push(await writeDurable(path, 'the same'))

  t.equal(new Set(stamps).size, 10)
})

t.test('a change by hand shows in the stamp', async (t) => {
  const path = join(t.testdir({}), 'file')
  const changes: Record<string, () => Promise<unknown>> = {
    edited: () => writeFile(path, 'longer than it was'),
    'given to others': () => chmod(path, 0o644),
    deleted: () => removeDurable(path)
  }
  for (const [what, change] of Object.entries(changes)) {
    const stamp = await writeDurable(path, 'text')
    await change()
    t.not(await stampFile(path), stamp, what)
  }
})

t.test('a write is left when the file is not what it should replace', async (t) => {
  const folder = t.testdir({})
  const path = join(folder, 'file')
  const first = await writeDurable(path, 'first', null)
  t.ok(first, 'null stands for no file')

  t.equal(await writeDurable(path, 'second', null), undefined)
  t.equal(await readFile(path, 'utf8'), 'first')
  t.ok(await writeDurable(path, 'third', first!))
  await removeDurable(path)
  t.equal(await writeDurable(path, 'fourth', first!), undefined)

  t.strictSame(await readdir(folder), [], 'neither the file nor its temp file comes back')
})

t.test('a temp file that a crash left behind is taken', async (t) => {
  const folder = t.testdir({ 'file.tmp': 'a longer text than the new one' })

  await writeDurable(join(folder, 'file'), 'short')

  t.equal(await readFile(join(folder, 'file'), 'utf8'), 'short')
  t.strictSame(await readdir(folder), ['file'])
})

t.test('removing takes the temp file too, and minds nothing that is missing', async (t) => {
  const folder = t.testdir({ file: '1', 'file.tmp': '2', other: '3' })

  await removeDurable(join(folder, 'file'))
  await removeDurable(join(folder, 'file'))
  await removeDurable(join(folder, 'no', 'folder', 'file'))

  t.strictSame(await readdir(folder), ['other'])
})

t.test('a folder is made once, and left as it is after', async (t) => {
  const folder = join(t.testdir({}), 'a', 'b')
  await makeFolder(folder)
  await chmod(folder, 0o750)
  await mkdir(join(folder, 'c'))

  await makeFolder(folder)

  t.equal((await stat(folder)).mode & 0o777, 0o750)
  t.strictSame(await readdir(folder), ['c'])
})
