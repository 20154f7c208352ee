import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { prepareFolder, probeFolder, removeBeside, removeDurable, removeTemps, renameAt, writeDurable } from '../../../../src/store/file/durable-file.ts'
import { listFolder, readFiles, stampFiles } from '../../../../src/store/file/stamped-file.ts'

const stampOf = (path: string) => stampFiles([path])[0]
const modeOf = (path: string) => statSync(path).mode & 0o777

t.test('a file that was written is read back, with the same stamp', async (t) => {
  const path = join(t.testdir({}), 'deep', 'er', 'file.json')

  const stamp = await writeDurable(path, 'Grüße\n', null)

  t.strictSame(readFiles([path]), [{ text: 'Grüße\n', stamp }])
  t.equal(stampOf(path), stamp)
  t.strictSame([path, join(path, '..'), join(path, '..', '..')].map(modeOf), [0o600, 0o700, 0o700])
})

t.test('a missing file is null; every other failure is an error', async (t) => {
  const folder = t.testdir({ file: '', folder: {}, good: 'good' })
  const none = join(folder, 'none')

  t.match(readFiles([none, join(folder, 'good')]), [null, { text: 'good' }])
  t.match(stampFiles([none, join(folder, 'good')]), [null, /:/])
  t.throws(() => readFiles([join(folder, 'folder')]), { code: 'EISDIR' })
  t.throws(() => readFiles([join(folder, 'file', 'below')]), { code: 'ENOTDIR' })
  await t.rejects(writeDurable(join(folder, 'folder'), 'x'), { code: 'EISDIR' })
  t.strictSame(listFolder(none), [])
  t.throws(() => listFolder(join(folder, 'file')), { code: 'ENOTDIR' })
})

t.test('every replacement has a stamp of its own', async (t) => {
  const path = join(t.testdir({}), 'file')

  const stamps = new Set()
  for (let n = 0; n < 10; n++) stamps.add(await writeDurable(path, 'the same'))

  t.equal(stamps.size, 10)
})

t.test('a change by hand shows in the stamp', async (t) => {
  const path = join(t.testdir({}), 'file')
  const changes: Record<string, () => void | Promise<void>> = {
    edited: () => writeFileSync(path, 'longer than it was'),
    'given to others': () => chmodSync(path, 0o644),
    deleted: () => removeDurable(path)
  }
  for (const [what, change] of Object.entries(changes)) {
    const stamp = await writeDurable(path, 'text')
    await change()
    t.not(stampOf(path), stamp, what)
  }
})

t.test('nothing is written when the file is not the one to be replaced', async (t) => {
  const folder = t.testdir({})
  const path = join(folder, 'file')
  const first = await writeDurable(path, 'first', null)
  t.ok(first, 'null stands for no file')

  t.equal(await writeDurable(path, 'second', null), undefined)
  t.equal(readFileSync(path, 'utf8'), 'first')
  t.ok(await writeDurable(path, 'third', first!))
  await removeDurable(path)
  t.equal(await writeDurable(path, 'fourth', first!), undefined)

  t.strictSame(readdirSync(folder), [], 'neither the file nor its temp file comes back')
})

t.test('a temp file that a crash left behind is replaced', async (t) => {
  const folder = t.testdir({ 'file.tmp': 'a longer text than the new one' })
  chmodSync(join(folder, 'file.tmp'), 0o644)

  await writeDurable(join(folder, 'file'), 'short')

  t.equal(readFileSync(join(folder, 'file'), 'utf8'), 'short')
  t.equal(modeOf(join(folder, 'file')), 0o600, 'with rights of its own')
  t.strictSame(readdirSync(folder), ['file'])
})

t.test('a link planted under the name of a temp file is not followed', async (t) => {
  const folder = t.testdir({ elsewhere: 'not ours' })
  const path = join(folder, 'file')
  symlinkSync(join(folder, 'elsewhere'), `${path}.tmp`)

  await writeDurable(path, 'text')

  t.equal(readFileSync(join(folder, 'elsewhere'), 'utf8'), 'not ours')
  t.equal(readFileSync(path, 'utf8'), 'text')
  t.strictSame(readdirSync(folder), ['elsewhere', 'file'])
})

t.test('a write that fails leaves no temp file', async (t) => {
  const folder = t.testdir({ file: {} })

  await t.rejects(writeDurable(join(folder, 'file'), 'text'), { code: 'EISDIR' })

  t.strictSame(readdirSync(folder), ['file'])
})

t.test('temp files in a folder are deleted, except those being written, and nothing else is', async (t) => {
  const folder = t.testdir({ 'a.json': '1', 'a.json.tmp': '2', 'b.json.tmp': {}, 'c.json.damaged-1': '3', 'd.tmp': '4' })
  symlinkSync(join(folder, 'a.json'), join(folder, 'e.json.tmp'))

  const written = writeDurable(join(folder, 'f.json'), 'text')
  t.ok(readdirSync(folder).includes('f.json.tmp'), 'it is being written')
  removeTemps(folder)
  await written
  removeTemps(join(folder, 'none'))

  t.strictSame(readdirSync(folder), ['a.json', 'b.json.tmp', 'c.json.damaged-1', 'd.tmp', 'f.json'])
  t.equal(readFileSync(join(folder, 'a.json'), 'utf8'), '1')
})

t.test('removing a file also removes its temp file, and missing files are fine', async (t) => {
  const folder = t.testdir({ file: '1', 'file.tmp': '2', other: '3' })

  await removeDurable(join(folder, 'file'))
  await removeDurable(join(folder, 'file'))
  await removeDurable(join(folder, 'no', 'folder', 'file'))

  t.strictSame(readdirSync(folder), ['other'])
})

t.test('files beside a file can be removed without it', async (t) => {
  const folder = t.testdir({ file: '1', 'file.tmp': '2', 'file.damaged-1': '3', file2: '4', other: '5' })

  t.equal(await removeBeside(join(folder, 'file')), 2)
  t.equal(await removeBeside(join(folder, 'none', 'file')), 0)

  t.strictSame(readdirSync(folder), ['file', 'file2', 'other'])
})

t.test('a file is renamed only if it is unchanged', async (t) => {
  const folder = t.testdir({ file: 'damaged' })
  const path = join(folder, 'file')
  const stamp = stampOf(path)!
  writeFileSync(path, 'mended in time')

  t.equal(await renameAt(path, stamp, 'aside'), false)
  t.equal(await renameAt(path, stampOf(path)!, 'aside'), true)
  t.equal(await renameAt(path, stamp, 'aside'), false)

  t.strictSame(readdirSync(folder), ['aside'])
  t.equal(readFileSync(join(folder, 'aside'), 'utf8'), 'mended in time')
})

t.test('a prepared folder is private to its owner, and keeps its content', async (t) => {
  const folder = join(t.testdir({}), 'a', 'b')
  await prepareFolder(folder)
  mkdirSync(join(folder, 'c'))
  chmodSync(folder, 0o755)

  await prepareFolder(folder)

  t.equal(modeOf(folder), 0o700)
  t.strictSame(readdirSync(folder), ['c'])
})

t.test('a probe leaves nothing behind, and fails where nothing can be written', async (t) => {
  const folder = t.testdir({ file: '' })

  await probeFolder(folder)

  t.strictSame(readdirSync(folder), ['file'])
  await t.rejects(probeFolder(join(folder, 'file')), { code: 'ENOTDIR' })
})
