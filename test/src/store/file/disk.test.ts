import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { StorageUnavailable } from '../../../../src/errors.ts'
import { diskIdle, diskThreads as disk, newDiskThread, READERS, threadDisk } from '../../../../src/store/file/disk.ts'

t.test('a file operation returns what its function returns', async (t) => {
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

t.test('while every thread hangs, the process continues, and the work afterwards is done', async (t) => {
  const folder = t.testdir({})
  const [writePipe, ...pipes] = Array.from({ length: READERS + 2 }, (_, n) => join(folder, `pipe${n}`)) as [string, ...string[]]
  execFileSync('mkfifo', [...pipes, writePipe])
  const writer = newDiskThread()
  const disk = threadDisk(Array.from({ length: READERS }, newDiskThread), writer)

  const reads = pipes.map((pipe) => disk.readFiles([pipe]))
  void writer.run({ name: 'readFiles', args: [[writePipe]] })
  await wait(50)
  const written = disk.writeDurable(join(folder, 'file'), 'text')
  const start = performance.now()
  await wait(50)
  t.ok(performance.now() - start < 1000, 'timers fire')
  t.equal(await Promise.race([...reads, written, wait(50, 'all wait')]), 'all wait')
  await Promise.all(pipes.map((pipe) => writeFile(pipe, 'x')))
  t.ok((await Promise.all(reads)).every(([file]) => file?.text === 'x'))
  await writeFile(writePipe, 'x')
  t.ok(await written)
  t.ok(await disk.writeDurable(join(folder, 'other'), 'text'))
})

t.test('while writing hangs, reading continues', async (t) => {
  const folder = t.testdir({ good: 'good' })
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  const writer = newDiskThread()
  const disk = threadDisk([newDiskThread()], writer)

  void writer.run({ name: 'readFiles', args: [[pipe]] })
  await wait(50)
  const written = disk.writeDurable(join(folder, 'file'), 'text')
  for (let n = 0; n < 20; n++) t.match(await disk.readFiles([join(folder, 'good')]), [{ text: 'good' }])
  t.equal(await Promise.race([written, wait(20, 'waits')]), 'waits')
  await writeFile(pipe, 'x')

  t.ok(await written)
})

t.test('a probe waits for every thread, and so does waiting for an idle disk', async (t) => {
  const folder = t.testdir({})
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  await disk.probeFolder(folder)
  await diskIdle()

  const read = disk.readFiles([pipe])
  const waiting = [disk.probeFolder(folder), diskIdle()]
  t.equal(await Promise.race([...waiting, wait(50, 'both wait')]), 'both wait')
  await writeFile(pipe, 'x')

  await read
  await Promise.all(waiting)
})

t.test('an error that is not one of the system stays as it is', async (t) => {
  await t.rejects(disk.readFiles(['with a \0 in it']), { name: 'TypeError', message: /null bytes/ })
})
