import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { StorageUnavailable } from '../../../../src/errors.ts'
import { diskThreads as disk, READERS } from '../../../../src/store/file/disk.ts'

t.test('file work gives what its function gives', async (t) => {
  const path = join(t.testdir({}), 'file')

  const stamp = await disk.writeDurable(path, 'text', null)

  t.strictSame(await disk.readFiles([path]), [{ text: 'text', stamp }])
  t.equal(await disk.writeDurable(path, 'other', null), undefined)
})

t.test('an error of the system keeps its code on the way between threads', async (t) => {
  const folder = t.testdir({ folder: {} })

  await t.rejects(disk.readFiles([join(folder, 'folder')]), StorageUnavailable)
  await t.rejects(disk.readFiles([join(folder, 'folder')]), { cause: { code: 'EISDIR', syscall: 'read', message: /EISDIR/ } })
})

t.test('while every thread hangs, the process goes on, and so does the work after it', async (t) => {
  const folder = t.testdir({})
  const pipes = Array.from({ length: READERS + 1 }, (_, n) => join(folder, `pipe${n}`))
  const writePipe = join(folder, 'file.tmp')
  execFileSync('mkfifo', [...pipes, writePipe])

  const reads = pipes.map((pipe) => disk.readFiles([pipe]))
  const written = disk.writeDurable(join(folder, 'file'), 'text')
  const start = performance.now()
  await wait(50)
  t.ok(performance.now() - start < 1000, 'timers fire')
  t.equal(await Promise.race([...reads, written, wait(50, 'all wait')]), 'all wait')
  await Promise.all(pipes.map((pipe) => writeFile(pipe, 'x')))
  t.ok((await Promise.all(reads)).every(([file]) => file?.text === 'x'))

  // A pipe takes the text and refuses to be flushed.
  t.equal(await readFile(writePipe, 'utf8'), 'text')
  await t.rejects(written, { cause: { code: 'EINVAL', syscall: 'fsync' } })
  t.ok(await disk.writeDurable(join(folder, 'other'), 'text'))
})

t.test('while writing hangs, reading goes on', async (t) => {
  const folder = t.testdir({ good: 'good' })
  const pipe = join(folder, 'file.tmp')
  execFileSync('mkfifo', [pipe])

  const written = disk.writeDurable(join(folder, 'file'), 'text')
  for (let n = 0; n < 20; n++) t.match(await disk.readFiles([join(folder, 'good')]), [{ text: 'good' }])
  t.equal(await Promise.race([written, wait(20, 'waits')]), 'waits')
  await readFile(pipe)

  await t.rejects(written)
})

t.test('what is not an error of the system comes out as it is', async (t) => {
  await t.rejects(disk.readFiles(['with a \0 in it']), { name: 'TypeError', message: /null bytes/ })
})
