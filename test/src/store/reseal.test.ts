import { randomBytes } from 'node:crypto'
import { mkdirSync, rmdirSync } from 'node:fs'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { changeProfile, erase } from '../../../src/caller/profile.ts'
import { createFormats } from '../../../src/store/formats.ts'
import { checkKeys } from '../../../src/store/keys-in-use.ts'
import { resealPage } from '../../../src/store/reseal.ts'
import { createSealer, keyIdOf, type Sealer, sealerFor } from '../../../src/store/sealer.ts'
import type { Store } from '../../../src/store/store.ts'
import { addNote, at, callerHash, checks, contextOf, fact, factsOf, filePlace } from '../../stored.ts'

const [k1, k2] = [1, 2].map(() => randomBytes(32).toString('base64')) as [string, string]
const hashes = Array.from({ length: 7 }, (_, n) => callerHash(n)).toSorted()
const [dana, otto] = hashes as [string, string]

/** A folder whose store is opened with these keys, or those, one after the other. */
function keyedPlace (t: Test) {
  let last: Store | undefined
  let folder: string | undefined
  const openWith = async (...keys: string[]) => {
    await last?.close()
    const sealer = sealerFor(keys)
    const place = filePlace(t, { formats: createFormats(checks, sealer), ...(folder === undefined ? {} : { folder }) })
    folder = place.folder
    last = await place.open()
    await checkKeys(last, sealer)
    return { ...place, store: last, sealer: sealer!, reopen: openWith }
  }
  return openWith
}

/** Seven callers and a note, kept plain or sealed with these keys; then the store is opened with others. */
async function filled (t: Test, before: string[], now: [string, ...string[]]) {
  const { store, reopen } = await keyedPlace(t)(...before)
  for (const hash of hashes) await store.update(hash, fact(hash, `of ${hash}`))
  await addNote(store, { id: 'n', text: 'grows orchids', created_at: at(0), expires_at: null })
  return await reopen(...now)
}

async function resealAll (store: Store, sealer: Sealer, limit = 3) {
  const total = { sealed: 0, unreadable: 0, pages: 0 }
  let after: string | null = null
  do {
    const page = await resealPage(store, sealer, after, limit)
    total.sealed += page.sealed
    total.unreadable += page.unreadable
    total.pages++
    after = page.next
  } while (after !== null)
  return total
}

/** Which key a file is sealed with, or null when it is plain. */
async function keyOf (path: string): Promise<string | null> {
  const value = JSON.parse(await readFile(path, 'utf8'))
  return 'protected' in value ? keyIdOf(value) : null
}

async function keysInUse (store: Store): Promise<string[] | undefined> {
  return (await store.updateDocument('keys', (value) => ({ value, result: value })))?.seals.map((seal) => keyIdOf(JSON.parse(seal)))
}

t.test('plain data is sealed, all of it, and its content stays the same', async (t) => {
  const { store, sealer, recordPath, folder } = await filled(t, [], [k1])
  await store.update(otto, changeProfile(contextOf(otto, 2), { remember: false }))
  t.equal(await keyOf(recordPath(dana)), null, 'they were plain')

  t.strictSame(await resealAll(store, sealer), { sealed: 6, unreadable: 0, pages: 3 }, 'one was sealed by its own change')

  for (const hash of hashes) t.equal(await keyOf(recordPath(hash)), sealer.keyIds[0])
  t.equal(await keyOf(join(folder, 'notes.json')), sealer.keyIds[0])
  t.strictSame(await factsOf(store, dana), [`of ${dana}`])
  t.match(await store.load(otto), { record: { remember: false } })
  t.match(await store.loadDocument('notes'), { notes: [{ text: 'grows orchids' }] })
})

t.test('a second run finds nothing to do, and writes no record', async (t) => {
  const { store, sealer, recordPath } = await filled(t, [], [k1])
  await resealAll(store, sealer)
  const before = await readFile(recordPath(dana), 'utf8')

  t.match(await resealAll(store, sealer), { sealed: 0, unreadable: 0 })

  t.equal(await readFile(recordPath(dana), 'utf8'), before)
})

t.test('the old key is needed before a run, and not after it', async (t) => {
  const { store, sealer, reopen } = await filled(t, [k1], [k2, k1])
  t.strictSame(new Set(await keysInUse(store)), new Set(sealer.keyIds))
  t.equal((await resealPage(store, sealer, null, 5)).sealed, 5)
  await t.rejects(reopen(k2), { code: 'BRIDGE_ENCRYPTION_KEY_WRONG' }, 'after half a run')

  const half = await reopen(k2, k1)
  t.match(await resealAll(half.store, half.sealer), { sealed: 2, unreadable: 0 }, 'a run can be begun anew')

  const alone = await reopen(k2)
  t.strictSame(await keysInUse(alone.store), alone.sealer.keyIds)
  for (const hash of hashes) t.strictSame(await factsOf(alone.store, hash), [`of ${hash}`])
  t.match(await alone.store.loadDocument('notes'), { notes: [{ text: 'grows orchids' }] })
})

t.test('an interrupted run resumes where it stopped', async (t) => {
  const { store, sealer, reopen } = await filled(t, [k1], [k2, k1])
  const { next } = await resealPage(store, sealer, null, 3)

  const again = await reopen(k2, k1)
  t.match(await resealPage(again.store, again.sealer, next, 9), { sealed: 4, next: null })

  t.strictSame(await keysInUse(again.store), [again.sealer.keyIds[0]])
})

t.test('records that cannot be read are counted and left alone, and the old key stays', async (t) => {
  const { store, sealer, recordPath, damaged } = await filled(t, [k1], [k2, k1])
  await copyFile(recordPath(otto), recordPath(dana))
  const copied = await readFile(recordPath(dana), 'utf8')

  t.strictSame(await resealAll(store, sealer), { sealed: 6, unreadable: 1, pages: 3 })
  t.equal((await keysInUse(store))?.length, 2)
  t.equal(await readFile(recordPath(dana), 'utf8'), copied)
  t.strictSame(damaged, [])

  await store.update(otto, erase(at(5)))
  await writeFile(
    recordPath(dana),
    createFormats(checks, createSealer([k1])).record(dana).write({ phone_hash: dana, remember: false })
  )
  t.match(await resealAll(store, sealer), { sealed: 1, unreadable: 0 })
  t.strictSame(await keysInUse(store), [sealer.keyIds[0]], 'once it is mended, a run ends well')
})

t.test('notes that cannot be read keep the old key, too', async (t) => {
  const { store, sealer, folder, recordPath } = await filled(t, [k1], [k2, k1])
  await copyFile(recordPath(otto), join(folder, 'notes.json'))

  t.strictSame(await resealAll(store, sealer), { sealed: 7, unreadable: 1, pages: 3 })
  t.equal((await keysInUse(store))?.length, 2)
})

t.test('a record that came back after its erasure is removed, not sealed', async (t) => {
  const { store, recordPath, reopen } = await filled(t, [k1], [k1])
  const bytes = await readFile(recordPath(dana))
  await store.update(dana, erase(at(5)))
  const { store: again, sealer } = await reopen(k2, k1)
  await mkdir(dirname(recordPath(dana)), { recursive: true })
  await writeFile(recordPath(dana), bytes)

  t.match(await resealAll(again, sealer), { unreadable: 0 })

  await t.rejects(readFile(recordPath(dana)), { code: 'ENOENT' })
  t.strictSame(await again.load(dana), { record: null, erasedAt: at(5) })
})

t.test('a storage that fails ends the page, and the old key stays', async (t) => {
  const { store, sealer, recordPath } = await filled(t, [k1], [k2, k1])
  const temp = `${recordPath(hashes[6]!)}.tmp`
  mkdirSync(temp)

  await t.rejects(resealAll(store, sealer), { code: 'BRIDGE_STORAGE_UNAVAILABLE' })
  t.equal((await keysInUse(store))?.length, 2)

  rmdirSync(temp)
  t.match(await resealAll(store, sealer), { unreadable: 0 })
  t.strictSame(await keysInUse(store), [sealer.keyIds[0]])
})

t.test('no change made meanwhile is lost', async (t) => {
  const { store, sealer, reopen } = await filled(t, [k1], [k2, k1])

  const [, ...results] = await Promise.all([
    resealAll(store, sealer, 1),
    ...hashes.flatMap((hash) => Array.from({ length: 5 }, (_, n) => store.update(hash, fact(hash, `meanwhile ${n}`))))
  ])

  t.equal(results.length, 35)
  const alone = await reopen(k2)
  for (const hash of hashes) t.equal((await factsOf(alone.store, hash))?.length, 6)
})

t.test('an empty store is done at once', async (t) => {
  const { store, sealer } = await keyedPlace(t)(k1)

  t.strictSame(await resealPage(store, sealer, null, 5), { sealed: 0, unreadable: 0, next: null })
})
