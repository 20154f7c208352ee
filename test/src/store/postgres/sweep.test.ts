/** Two bridges on one database: one sweeps, and it takes the same as from files. */
import t from 'tap'
import { beginCall } from '../../../../src/caller/calls.ts'
import { erase } from '../../../../src/caller/profile.ts'
import type { Store } from '../../../../src/store/store.ts'
import { sweepOnce } from '../../../../src/store/sweep.ts'
import { postgresPlace, postgresServer } from '../../../postgres.ts'
import { addNote, callerHash } from '../../../stored.ts'

const server = await postgresServer(t)
const now = () => new Date('2026-11-22T09:30:00.000Z')
const daysAgo = (days: number) => new Date(now().getTime() - days * 24 * 60 * 60 * 1000).toISOString()
const quiet = { info: () => {}, warn: () => {}, error: () => {} }

const sweep = (store: Store, id: string) => sweepOnce({
  store, days: { marks: 90, callers: 30 }, now, newId: () => id, log: quiet, pause: async () => {}
}, false, new AbortController().signal)

t.test('of two bridges that begin at once one sweeps', async (t) => {
  const url = await server.newDatabase()
  const stores = [await postgresPlace(t, url).open(), await postgresPlace(t, url).open()]
  const [store] = stores as [Store]
  const hashes = Array.from({ length: 60 }, (_, n) => callerHash(n))
  await Promise.all(hashes.map((phoneHash, n) => store.update(phoneHash,
    beginCall({ phoneHash, newId: 'session', now: daysAgo(n % 2 === 0 ? 31 : 29) }, { conversationId: 'conv_1', callSid: null }, 'inbound'))))
  await store.update(callerHash(60), erase(daysAgo(91)))
  await addNote(store, { id: 'n1', text: 'closed', created_at: daysAgo(3), expires_at: daysAgo(1) })

  const swept = await Promise.all(stores.map((each, n) => sweep(each, `bridge-${n}`)))

  t.strictSame(swept.filter((each) => each !== null).map(({ counts }) => counts), [
    { callers: 61, erased: 30, facts: 0, notes: 1, marks: 1, unreadable: 0, failed: 0 }
  ])
  t.equal((await store.list('records', null, 100)).callers.length, 30)
  t.equal((await store.list('all', null, 100)).callers.length, 60)
})
