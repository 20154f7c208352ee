import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import type { Caller } from '../../../src/caller/caller.ts'
import { dropErasureMark, erase } from '../../../src/caller/profile.ts'
import { documentFormat } from '../../../src/store/formats.ts'
import { storedDocuments, type Loaded, type StoredState } from '../../../src/store/documents.ts'
import { openFileDriver } from '../../../src/store/file/file-driver.ts'
import { at, callerHash, checks, directDisk, silentLog, fact, filesUnder, plainFormats } from '../../stored.ts'

const dana = callerHash(1)
const nobody = { record: null, erasedAt: null }

async function documentsIn (t: Test, files: Record<string, string> = {}) {
  t.teardown(() => driver.close())
  const folder = t.testdir(files)
  const damaged: string[] = []
  const now = () => new Date(at(0))
  const driver = await openFileDriver({ folder, disk: directDisk, isRing: checks.ring, log: silentLog, now })
  const documents = storedDocuments({ driver, formats: plainFormats, onDamaged: (name) => damaged.push(name) })
  /** What is in the folder, but for the lock. */
  const names = async () => (await readdir(folder)).filter((name) => name !== 'bridge.lock')
  return { documents, folder, damaged, names }
}

async function danasFiles (t: Test) {
  const { documents, folder } = await documentsIn(t)
  const files = {
    read: async () => await (await documents.loadCallers([dana]))[0]!,
    write: (caller: Caller, before: StoredState) => documents.saveCaller(dana, caller, before, false),
    isUnchanged: (state: StoredState) => documents.isCallerUnchanged(dana, state)
  }
  const pathOf = (kind: string) => join(folder, kind, dana.slice(0, 2), `${dana}.json`)
  const names = async () => [...(await filesUnder(folder)).keys()].filter((name) => name !== 'bridge.lock')
  return { files, folder, names, recordPath: pathOf('callers'), markPath: pathOf('erasures') }
}

t.test('files that were written are read back, and count as unchanged until they are changed', async (t) => {
  const { files, recordPath } = await danasFiles(t)
  const none = await files.read()
  t.strictSame(none.caller, nobody)

  const written = await files.write(fact(dana, 'likes tea')(nobody).caller, none)

  t.strictSame(await files.read(), written)
  t.equal(await files.isUnchanged(written!), true)
  t.equal(await files.isUnchanged(none), false)
  writeFileSync(recordPath, '')
  t.equal(await files.isUnchanged(written!), false)
})

t.test('a record that was changed by hand is not overwritten', async (t) => {
  const { files, recordPath } = await danasFiles(t)
  const first = await files.write(fact(dana, 'likes tea')(nobody).caller, await files.read())
  rmSync(recordPath)

  t.equal(await files.write(fact(dana, 'likes cake')(first!.caller).caller, first!), null)

  t.strictSame((await files.read()).caller, nobody)
})

t.test('when a record was deleted by hand, the temp file of a failed write is removed, too', async (t) => {
  const { files, names, recordPath } = await danasFiles(t)
  const known = await files.write(fact(dana, 'likes tea')(nobody).caller, await files.read())
  writeFileSync(`${recordPath}.tmp`, 'likes te')
  t.equal(await files.isUnchanged(known!), true)
  rmSync(recordPath)

  t.equal(await files.isUnchanged(known!), false)

  t.strictSame(await names(), [])
})

t.test('an erasure leaves the mark alone', async (t) => {
  const { files, names, recordPath } = await danasFiles(t)
  const known = await files.write(fact(dana, 'likes tea')(nobody).caller, await files.read())
  writeFileSync(`${recordPath}.damaged-2026`, 'likes tea')
  writeFileSync(`${recordPath}.tmp`, 'likes tea')

  await files.write(erase(at(5))(known!.caller).caller, known!)

  t.strictSame(await names(), [`erasures/${dana.slice(0, 2)}/${dana}.json`])
})

t.test('an erasure whose mark cannot be written removes nothing', async (t) => {
  const { files, folder } = await danasFiles(t)
  const known = await files.write(fact(dana, 'likes tea')(nobody).caller, await files.read())
  writeFileSync(join(folder, 'erasures'), 'a file in its way')

  await t.rejects(files.write(erase(at(5))(known!.caller).caller, known!), { code: 'BRIDGE_STORAGE_UNAVAILABLE' })

  rmSync(join(folder, 'erasures'))
  t.match((await files.read()).caller, { record: { facts: [{ text: 'likes tea' }] }, erasedAt: null })
})

t.test('a crash between mark and record leaves an erasure that counts, and that the next write finishes', async (t) => {
  const { files, recordPath, markPath } = await danasFiles(t)
  await files.write(fact(dana, 'likes tea')(nobody).caller, await files.read())
  mkdirSync(dirname(markPath), { recursive: true })
  writeFileSync(markPath, JSON.stringify({ phone_hash: dana, erased_at: at(5) }))

  const found = await files.read()
  t.strictSame(found.caller, { record: null, erasedAt: at(5) })
  await files.write(found.caller, found)

  t.strictSame(readdirSync(dirname(recordPath)), [])
})

t.test('a mark is deleted last: it stays until the record can be written', async (t) => {
  const { files, recordPath } = await danasFiles(t)
  const erased = await files.write(erase(at(1))(nobody).caller, await files.read())
  const known = await files.write(fact(dana, 'new', 3)(erased!.caller).caller, erased!)
  const dropped = dropErasureMark(at(2))(fact(dana, 'newer', 4)(known!.caller).caller).caller
  rmSync(recordPath)

  t.equal(await files.write(dropped, known!), null)
  t.strictSame((await files.read()).caller, { record: null, erasedAt: at(1) })
})

interface Count { count: number }

const isCount = (value: unknown): value is Count => typeof (value as Count | null | undefined)?.count === 'number'

const none = { value: null, version: null, isCurrent: true, size: 0 }
const format = documentFormat('count', isCount, null)

async function counter (t: Test, files: Record<string, string> = {}) {
  const { documents, folder, ...place } = await documentsIn(t, files)
  const document = {
    load: () => documents.load(format),
    save: (value: Count | null, before: Loaded<Count>) => documents.save(format, value, before)
  }
  return { ...place, folder, path: join(folder, 'count.json'), document }
}

t.test('a document is loaded as it was saved', async (t) => {
  const { document, path } = await counter(t)
  t.strictSame(await document.load(), none)

  t.equal(await document.save({ count: 1 }, none), true)

  const text = format.write({ count: 1 }).join('')
  t.match(await document.load(), { value: { count: 1 }, version: /:/, isCurrent: true, size: text.length })
  t.equal(await readFile(path, 'utf8'), text)
})

t.test('saving null deletes the file, whatever its stamp', async (t) => {
  const { document, names } = await counter(t, { 'count.json': '{"count":1}' })

  t.equal(await document.save(null, { ...await document.load(), version: 'another state' }), true)

  t.strictSame(await names(), [])
})

t.test('nothing is saved when the file was changed since', async (t) => {
  const { document, path } = await counter(t)
  await document.save({ count: 1 }, none)
  const saved = await document.load()
  await writeFile(path, '{"count":50}')

  t.equal(await document.save({ count: 2 }, saved), false)

  t.match(await document.load(), { value: { count: 50 } })
})

t.test('a damaged file is quarantined once, as it was, and the callback is called', async (t) => {
  const { document, folder, damaged, names } = await counter(t, { 'count.json': '{"count":"one"}' })
  const aside = 'count.json.damaged-2026-11-22T09-00-00.000Z'

  await t.rejects(document.load(), { code: 'BRIDGE_RECORD_DAMAGED', message: new RegExp(aside) })

  t.strictSame(await document.load(), none)
  t.strictSame(damaged, [aside])
  t.strictSame(await names(), [aside])
  t.equal(await readFile(join(folder, aside), 'utf8'), '{"count":"one"}')
})

t.test('when many load a damaged file, one gets an error, and the others find no file', async (t) => {
  const { document, damaged } = await counter(t, { 'count.json': '{' })

  const loads = await Promise.allSettled(Array.from({ length: 8 }, () => document.load()))

  t.equal(loads.filter(({ status }) => status === 'rejected').length, 1)
  t.equal(damaged.length, 1)
})

t.test('an error of the system becomes StorageUnavailable, with its cause', async (t) => {
  const { document, path } = await counter(t)
  await mkdir(path)

  await t.rejects(document.load(), { code: 'BRIDGE_STORAGE_UNAVAILABLE', cause: { code: 'EISDIR' } })
  const [version = null] = await directDisk.stampFiles([path])
  await t.rejects(document.save({ count: 1 }, { ...none, version }), { code: 'BRIDGE_STORAGE_UNAVAILABLE' })
  t.equal(await document.save({ count: 1 }, { ...none, version }).catch((error: Error) => (error.cause as NodeJS.ErrnoException).code), 'EISDIR')
})

t.test('a document of a newer version is left alone: undoing an update must not cost a memory', async (t) => {
  const { document, names, damaged } = await counter(t, { 'count.json': '{"version":2,"counter":1}' })

  await t.rejects(document.load(), { code: 'BRIDGE_STORAGE_UNAVAILABLE', cause: { message: /newer version/ } })

  t.strictSame([await names(), damaged], [['count.json'], []])
})

t.test('a value that could not be read back is not written', async (t) => {
  const { document, path } = await counter(t, { 'count.json': '{"count":1}' })

  await t.rejects(document.save({ count: 'two' } as unknown as Count, none), { name: 'DocumentInvalid', message: /count would be invalid/ })

  t.equal(await readFile(path, 'utf8'), '{"count":1}')
})
