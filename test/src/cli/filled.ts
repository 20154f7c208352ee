/** A folder with callers of all kinds in it, for the tests of `backup` and `restore`. */
import { join } from 'node:path'
import type { Test } from 'tap'
import { changeProfile, erase } from '../../../src/caller/profile.ts'
import { testEnv } from '../../helper.ts'
import { addNote, at, callerHash, contextOf, fact, filePlace, openReader } from '../../stored.ts'

/** A hundred and twenty: the first is erased, the second opted out. */
export const hashes = Array.from({ length: 120 }, (_, n) => callerHash(n)).sort()

/**
 * Settings with a filled DATA_DIR that nobody has open; `elsewhere` is the same with a DATA_DIR that is not there yet.
 */
export async function filled (t: Test) {
  const env = testEnv(t)
  const place = filePlace(t, { folder: env['DATA_DIR']! })
  const store = await place.open()
  await Promise.all(hashes.map((phoneHash, n) => store.update(phoneHash, fact(phoneHash, `fact of ${n}`))))
  await store.update(hashes[0]!, erase(at(5)))
  await store.update(hashes[1]!, changeProfile(contextOf(hashes[1]!, 5), { remember: false }))
  await addNote(store, { id: 'n1', text: 'closed at noon', created_at: at(1), expires_at: null })
  await store.updateDocument('own-numbers', () => ({ value: { version: 1, phone_hashes: [callerHash(999)] }, result: null }))
  await store.close()
  return { env, place, file: join(t.testdirName, 'memory.jsonl.gz'), elsewhere: { ...env, DATA_DIR: join(t.testdirName, 'elsewhere') } }
}

export async function everythingIn (folder: string) {
  const reader = await openReader(folder)
  return { ...await reader.list('all', null, 1000), notes: await reader.loadDocument('notes'), own: await reader.loadDocument('own-numbers') }
}
