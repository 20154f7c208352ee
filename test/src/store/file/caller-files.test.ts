import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { dropErasureMark, erase } from '../../../../src/caller/profile.ts'
import { callerFiles } from '../../../../src/store/file/caller-files.ts'
import { at, callerHash, directDisk, fact, filesUnder, plainFormats } from '../../../stored.ts'

const dana = callerHash(1)
const nobody = { record: null, erasedAt: null }

function danasFiles (t: Test) {
  const folder = t.testdir({})
  const files = callerFiles(
    dana,
    { folder, formats: plainFormats, disk: directDisk, onDamaged: () => {}, now: () => new Date(at(0)) }
  )
  const pathOf = (kind: string) => join(folder, kind, dana.slice(0, 2), `${dana}.json`)
  return { files, folder, recordPath: pathOf('callers'), markPath: pathOf('erasures') }
}

t.test('files that were written are read back, and count as unchanged until they are changed', async (t) => {
  const { files, recordPath } = danasFiles(t)
  const none = await files.read()
  t.strictSame(none.caller, nobody)

  const written = await files.write(fact(dana, 'likes tea')(nobody).caller, none, false)

  t.strictSame(await files.read(), written)
  t.equal(await files.areUnchanged(written!), true)
  t.equal(await files.areUnchanged(none), false)
  writeFileSync(recordPath, '')
  t.equal(await files.areUnchanged(written!), false)
})

t.test('a record that was changed by hand is not overwritten', async (t) => {
  const { files, recordPath } = danasFiles(t)
  const first = await files.write(fact(dana, 'likes tea')(nobody).caller, await files.read(), false)
  rmSync(recordPath)

  t.equal(await files.write(fact(dana, 'likes cake')(first!.caller).caller, first!, false), null)

  t.strictSame((await files.read()).caller, nobody)
})

t.test('when a record was deleted by hand, the temp file of a failed write is removed, too', async (t) => {
  const { files, folder, recordPath } = danasFiles(t)
  const known = await files.write(fact(dana, 'likes tea')(nobody).caller, await files.read(), false)
  writeFileSync(`${recordPath}.tmp`, 'likes te')
  t.equal(await files.areUnchanged(known!), true)
  rmSync(recordPath)

  t.equal(await files.areUnchanged(known!), false)

  t.strictSame([...(await filesUnder(folder)).keys()], [])
})

t.test('an erasure leaves the mark alone', async (t) => {
  const { files, folder, recordPath } = danasFiles(t)
  const known = await files.write(fact(dana, 'likes tea')(nobody).caller, await files.read(), false)
  writeFileSync(`${recordPath}.damaged-2026`, 'likes tea')
  writeFileSync(`${recordPath}.tmp`, 'likes tea')

  await files.write(erase(at(5))(known!.caller).caller, known!, false)

  t.strictSame([...(await filesUnder(folder)).keys()], [`erasures/${dana.slice(0, 2)}/${dana}.json`])
})

t.test('an erasure whose mark cannot be written removes nothing', async (t) => {
  const { files, folder } = danasFiles(t)
  const known = await files.write(fact(dana, 'likes tea')(nobody).caller, await files.read(), false)
  writeFileSync(join(folder, 'erasures'), 'a file in its way')

  await t.rejects(files.write(erase(at(5))(known!.caller).caller, known!, false), { code: 'BRIDGE_STORAGE_UNAVAILABLE' })

  rmSync(join(folder, 'erasures'))
  t.match((await files.read()).caller, { record: { facts: [{ text: 'likes tea' }] }, erasedAt: null })
})

t.test('a crash between mark and record leaves an erasure that counts, and that the next write finishes', async (t) => {
  const { files, recordPath, markPath } = danasFiles(t)
  await files.write(fact(dana, 'likes tea')(nobody).caller, await files.read(), false)
  mkdirSync(dirname(markPath), { recursive: true })
  writeFileSync(markPath, JSON.stringify({ phone_hash: dana, erased_at: at(5) }))

  const found = await files.read()
  t.strictSame(found.caller, { record: null, erasedAt: at(5) })
  await files.write(found.caller, found, false)

  t.strictSame(readdirSync(dirname(recordPath)), [])
})

t.test('a mark is deleted last: it stays until the record can be written', async (t) => {
  const { files, recordPath } = danasFiles(t)
  const erased = await files.write(erase(at(1))(nobody).caller, await files.read(), false)
  const known = await files.write(fact(dana, 'new', 3)(erased!.caller).caller, erased!, false)
  const dropped = dropErasureMark(at(2))(fact(dana, 'newer', 4)(known!.caller).caller).caller
  rmSync(recordPath)

  t.equal(await files.write(dropped, known!, false), null)
  t.strictSame((await files.read()).caller, { record: null, erasedAt: at(1) })
})
