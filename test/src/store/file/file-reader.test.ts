import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { erase } from '../../../../src/caller/profile.ts'
import { createFormats } from '../../../../src/store/formats.ts'
import { createSealer } from '../../../../src/store/sealer.ts'
import type { CallerKind } from '../../../../src/store/store.ts'
import { addNote, at, callerHash, checks, fact, filePlace, filesUnder, openReader } from '../../../stored.ts'

const hashes = Array.from({ length: 40 }, (_, n) => callerHash(n)).sort()

/** Forty callers: every fourth erased, and of those every second back again. */
async function filled (t: Parameters<typeof filePlace>[0]) {
  const place = filePlace(t)
  const store = await place.open()
  for (const [n, phoneHash] of hashes.entries()) {
    await store.update(phoneHash, fact(phoneHash, `fact of ${n}`))
    if (n % 4 === 0) await store.update(phoneHash, erase(at(2)))
    if (n % 8 === 0) await store.update(phoneHash, fact(phoneHash, 'back again', 3))
  }
  await addNote(store, { id: 'n1', text: 'a note', created_at: at(1), expires_at: null })
  return { place, store, reader: await openReader(place.folder) }
}

t.test('shows what the store shows, page by page, while the store is open', async (t) => {
  const { store, reader } = await filled(t)

  for (const kind of ['records', 'marks', 'all'] as CallerKind[]) {
    for (const limit of [1, 7, 40, 100]) {
      let after: string | null = null
      do {
        const page = await reader.list(kind, after, limit)
        t.strictSame(page, await store.list(kind, after, limit), `${kind}, ${limit} behind ${after}`)
        after = page.next
      } while (after !== null)
    }
  }
  t.strictSame(await reader.loadDocument('notes'), await store.loadDocument('notes'))
  t.equal(await reader.loadDocument('own-numbers'), null)
})

t.test('changes nothing in the folder, damaged files included', async (t) => {
  const { place, store } = await filled(t)
  writeFileSync(place.recordPath(hashes[1]!), '{')
  writeFileSync(place.markPath(hashes[4]!), 'nothing')
  writeFileSync(join(place.folder, 'notes.json'), '[]')
  rmSync(place.recordPath(hashes[2]!))
  mkdirSync(place.recordPath(hashes[2]!))
  const before = await filesUnder(place.folder)

  const reader = await openReader(place.folder)
  const page = await reader.list('all', null, 100)
  await t.rejects(reader.loadDocument('notes'), { code: 'BRIDGE_RECORD_DAMAGED' })

  t.strictSame(page.unreadable, [hashes[1], hashes[2], hashes[4]])
  t.equal(page.callers.length, 37)
  t.strictSame(await filesUnder(place.folder), before)
  await store.close()
})

t.test('a caller that is deleted between two pages is not shown', async (t) => {
  const place = filePlace(t)
  const store = await place.open()
  const neighbours = ['1', '2', '3'].map((digit) => `ab${digit}`.padEnd(64, '0')) as [string, string, string]
  for (const phoneHash of neighbours) await store.update(phoneHash, fact(phoneHash, 'likes tea'))
  const reader = await openReader(place.folder)
  const first = await reader.list('records', null, 1)
  t.equal(first.next, neighbours[0])
  rmSync(place.recordPath(neighbours[1]))

  const { callers, unreadable } = await reader.list('records', first.next, 100)

  t.strictSame(callers.map(({ phoneHash }) => phoneHash), [neighbours[2]])
  t.strictSame(unreadable, [])
})

t.test('a record sealed with an unknown key is unreadable', async (t) => {
  const sealed = createFormats(checks, createSealer([Buffer.alloc(32, 1).toString('base64')]))
  const place = filePlace(t, { formats: sealed })
  const store = await place.open()
  await store.update(hashes[0]!, fact(hashes[0]!, 'likes tea'))

  t.strictSame((await (await openReader(place.folder)).list('all', null, 9)), { callers: [], unreadable: [hashes[0]], next: null })
  t.match((await (await openReader(place.folder, sealed)).list('all', null, 9)), { callers: [{ phoneHash: hashes[0], isCurrent: true }], unreadable: [] })
})

t.test('a missing folder is an error, and is not created', async (t) => {
  const folder = t.testdir({})

  await t.rejects(openReader(join(folder, 'data')), { code: 'BRIDGE_STORAGE_UNAVAILABLE', cause: { code: 'ENOENT' } })
  t.strictSame(readdirSync(folder), [])
})

t.test('an empty folder has no callers', async (t) => {
  const reader = await openReader(t.testdir({}))

  t.strictSame(await reader.list('all', null, 10), { callers: [], unreadable: [], next: null })
})

t.test('a callers folder that cannot be read is an error, not an empty memory', async (t) => {
  const { place } = await filled(t)
  rmSync(join(place.folder, 'callers', hashes[9]!.slice(0, 2)), { recursive: true })
  writeFileSync(join(place.folder, 'callers', hashes[9]!.slice(0, 2)), 'a file')

  const reader = await openReader(place.folder)

  await t.rejects(reader.list('all', null, 100), { code: 'BRIDGE_STORAGE_UNAVAILABLE', cause: { code: 'ENOTDIR' } })
})
