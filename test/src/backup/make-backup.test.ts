import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { callerHash, fact, filePlace, openReader } from '../../stored.ts'
import { backUp, readAll } from './backup.ts'

t.test('what cannot be read is left out, counted and named', async (t) => {
  const place = filePlace(t)
  const store = await place.open()
  for (const n of [1, 2, 3]) await store.update(callerHash(n), fact(callerHash(n), 'likes tea'))
  writeFileSync(place.recordPath(callerHash(2)), '{')
  writeFileSync(join(place.folder, 'notes.json'), '{')

  const { bytes, result } = await backUp(await openReader(place.folder))

  t.strictSame(result, { callers: 2, documents: 0, unreadable: 2, missing: ['notes', callerHash(2)] })
  t.strictSame((await readAll(t, bytes)).counts, { callers: 2, documents: 0, unreadable: 2 })
})

t.test('many pages are walked one by one, no faster than they are taken', async (t) => {
  const store = await filePlace(t).open()
  const hashes = Array.from({ length: 350 }, (_, n) => callerHash(n)).sort()
  await Promise.all(hashes.map((phoneHash) => store.update(phoneHash, fact(phoneHash, 'likes tea'))))
  let asked = 0
  const page = (n: number) => Array.from({ length: 100 }, (_, at) => ({ phoneHash: hashes[0]!.slice(0, 56) + String(n * 100 + at).padStart(8, '0'), record: null, erasedAt: '2026-11-22T09:00:00.000Z', isCurrent: true }))
  const endless = {
    ...store,
    list: async () => {
      asked++
      return { callers: page(asked), unreadable: [], next: callerHash(1) }
    }
  }
  const stop = new AbortController()
  const stuck = backUp(
    endless,
    { signal: stop.signal, sink: new Writable({ highWaterMark: 1, write () { /* never done */ } }) }
  )
  // Compressing runs in other threads, which a busy machine lets wait.
  let before = -1
  for (let tries = 0; tries < 20 && before !== asked; tries++) {
    before = asked
    await sleep(300)
  }
  t.equal(asked, before, 'it waits for its reader')
  stop.abort()
  await t.rejects(stuck, { name: 'AbortError' })

  const ends: Array<string | null> = []
  const { bytes, result } = await backUp(store, { onPage: (last) => ends.push(last) })
  t.strictSame(ends, [hashes[99], hashes[199], hashes[299], null])
  t.equal(result.callers, 350)
  t.strictSame((await readAll(t, bytes)).entries.map((entry) => 'caller' in entry ? entry.caller.phone_hash : entry), hashes)
})
