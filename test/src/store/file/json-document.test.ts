import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { jsonDocument } from '../../../../src/store/file/json-document.ts'
import { documentFormat } from '../../../../src/store/document-format.ts'
import { at, directDisk } from '../../../stored.ts'

interface Count { count: number }

const isCount = (value: unknown): value is Count => typeof (value as Count | null | undefined)?.count === 'number'

const none = { value: null, stamp: null, isCurrent: true, size: 0 }
const format = documentFormat({ name: 'count', isValid: isCount, version: 1, sealer: null })

function counter (t: Test, files: Record<string, string> = {}) {
  const folder = t.testdir(files)
  const damaged: string[] = []
  const path = join(folder, 'count.json')
  const document = jsonDocument({
    path,
    format,
    disk: directDisk,
    onDamaged: (name) => damaged.push(name),
    now: () => new Date(at(0))
  })
  return { folder, path, damaged, document }
}

t.test('a document is loaded as it was saved', async (t) => {
  const { document, path } = counter(t)
  t.strictSame(await document.load(), none)

  const saved = await document.save({ count: 1 }, null)

  const text = format.write({ count: 1 })
  t.match(saved, { value: { count: 1 }, stamp: /:/, isCurrent: true, size: text.length })
  t.strictSame(await document.load(), saved)
  t.equal(await readFile(path, 'utf8'), text)
})

t.test('a file that was already read is parsed the same', async (t) => {
  const { document, path } = counter(t, { 'count.json': '{"count":1}' })

  t.strictSame(await document.parse(null), none)
  t.strictSame(await document.parse((await directDisk.readFiles([path]))[0]!), await document.load())
})

t.test('saving null deletes the file, whatever its stamp', async (t) => {
  const { document, folder } = counter(t, { 'count.json': '{"count":1}' })

  t.strictSame(await document.save(null, 'another state'), none)

  t.strictSame(await readdir(folder), [])
})

t.test('nothing is saved when the file was changed since', async (t) => {
  const { document, path } = counter(t)
  const saved = await document.save({ count: 1 }, null)
  await writeFile(path, '{"count":50}')

  t.equal(await document.save({ count: 2 }, saved!.stamp), null)
  t.equal(await document.save({ count: 2 }, saved!.stamp, true), null)

  t.match(await document.load(), { value: { count: 50 } })
})

t.test('a damaged file is quarantined once, as it was, and the callback is called', async (t) => {
  const { document, folder, damaged } = counter(t, { 'count.json': '{"count":"one"}' })
  const aside = 'count.json.damaged-2026-11-22T09-00-00.000Z'

  await t.rejects(document.load(), { code: 'BRIDGE_RECORD_DAMAGED', message: new RegExp(aside) })

  t.strictSame(await document.load(), none)
  t.strictSame(damaged, [aside])
  t.strictSame(await readdir(folder), [aside])
  t.equal(await readFile(join(folder, aside), 'utf8'), '{"count":"one"}')
})

t.test('when many load a damaged file, one gets an error, and the others find no file', async (t) => {
  const { document, damaged } = counter(t, { 'count.json': '{' })

  const loads = await Promise.allSettled(Array.from({ length: 8 }, () => document.load()))

  t.equal(loads.filter(({ status }) => status === 'rejected').length, 1)
  t.equal(damaged.length, 1)
})

t.test('an error of the system becomes StorageUnavailable, with its cause', async (t) => {
  const { document, path } = counter(t)
  await mkdir(path)

  await t.rejects(document.load(), { code: 'BRIDGE_STORAGE_UNAVAILABLE', cause: { code: 'EISDIR' } })
  const [stamp = null] = await directDisk.stampFiles([path])
  await t.rejects(document.save({ count: 1 }, stamp), { code: 'BRIDGE_STORAGE_UNAVAILABLE' })
  t.equal(await document.save({ count: 1 }, stamp).catch((error: Error) => (error.cause as NodeJS.ErrnoException).code), 'EISDIR')
})

t.test('a document of a newer version is left alone: undoing an update must not cost a memory', async (t) => {
  const { document, folder, damaged } = counter(t, { 'count.json': '{"version":2,"counter":1}' })

  await t.rejects(document.load(), { code: 'BRIDGE_STORAGE_UNAVAILABLE', cause: { message: /newer version/ } })

  t.strictSame([await readdir(folder), damaged], [['count.json'], []])
})

t.test('a value that could not be read back is not written', async (t) => {
  const { document, path } = counter(t, { 'count.json': '{"count":1}' })

  await t.rejects(document.save({ count: 'two' } as unknown as Count, null), { name: 'TypeError', message: /count would be invalid/ })

  t.equal(await readFile(path, 'utf8'), '{"count":1}')
})
