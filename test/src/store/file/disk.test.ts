import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { StorageUnavailable } from '../../../../src/errors.ts'
import { diskThreads as disk, DISK_THREADS } from '../../../../src/store/file/disk.ts'

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
  const pipes = Array.from({ length: DISK_THREADS + 1 }, (_, n) => join(folder, `pipe${n}`))
  execFileSync('mkfifo', pipes)

  const reads = pipes.map((pipe) => disk.readFiles([pipe]))
  const written = disk.writeDurable(join(folder, 'file'), 'text')
  const start = performance.now()
  await wait(50)
  t.ok(performance.now() - start < 1000, 'timers fire')
  t.equal(await Promise.race([written.then(() => 'written'), wait(50, 'waits')]), 'waits')
  await Promise.all(pipes.map((pipe) => writeFile(pipe, 'x')))

  t.ok((await Promise.all(reads)).every(([file]) => file?.text === 'x'))
  t.ok(await written)
})
