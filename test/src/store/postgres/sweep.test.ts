/** Two bridges on one database: one sweeps, and it takes the same as from files. */
import t from 'tap'
import { recordCallStart } from '../../../../src/caller/calls.ts'
import { erase } from '../../../../src/caller/profile.ts'
import type { Store } from '../../../../src/store/store.ts'
import { reviewSweep } from '../../../../src/store/sweep-review.ts'
import { sweepOnce } from '../../../../src/store/sweep.ts'
import { postgresPlace, sharedPostgres } from '../../../postgres.ts'
import { addNote, callerHash } from '../../../stored.ts'

const server = await sharedPostgres()
const now = () => new Date('2026-11-22T09:30:00.000Z')
const daysAgo = (days: number) => new Date(now().getTime() - days * 24 * 60 * 60 * 1000).toISOString()
const quiet = { info: () => {}, warn: () => {}, error: () => {} }

const sweep = (store: Store, id: string, { maxShare = 10, isStart = false } = {}) => sweepOnce({
  store,
  days: {
    marks: 90,
    callers: 30
  },
  maxShare,
  now,
  driftMs: () => 0,
  newId: () => id,
  log: quiet,
  pause: async () => {}
}, isStart, new AbortController().signal)

t.test('when two bridges begin at once, one sweeps', async (t) => {
  const url = await server.newDatabase()
  const stores = [await postgresPlace(t, url).open(), await postgresPlace(t, url).open()]
  const [store] = stores as [Store]
  const hashes = Array.from({ length: 60 }, (_, n) => callerHash(n))
  await Promise.all(hashes.map((phoneHash, n) => store.update(phoneHash,
    recordCallStart({ phoneHash, newId: 'session', now: daysAgo(n % 2 === 0 ? 31 : 29) }, { conversationId: 'conv_1', callSid: null }, 'inbound'))))
  await store.update(callerHash(60), erase(daysAgo(91)))
  await addNote(store, { id: 'n1', text: 'closed', created_at: daysAgo(40), expires_at: daysAgo(31) })

  const swept = await Promise.all(stores.map((each, n) => sweep(each, `bridge-${n}`, { maxShare: 50 })))

  t.strictSame(swept.filter((each) => each !== null).map(({ counts }) => counts), [
    { callers: 61, erased: 30, facts: 0, notes: 1, marks: 1, unreadable: 0, failed: 0 }
  ])
  t.equal((await store.list('records', null, 100)).callers.length, 30)
  t.equal((await store.list('all', null, 100)).callers.length, 60)
})

t.test('a sweep that one bridge stopped stays stopped for another, until an operator confirms it', async (t) => {
  const url = await server.newDatabase()
  const [store, other] = [await postgresPlace(t, url).open(), await postgresPlace(t, url).open()]
  const hashes = Array.from({ length: 30 }, (_, n) => callerHash(n))
  await Promise.all(hashes.map((phoneHash) => store.update(phoneHash,
    recordCallStart({ phoneHash, newId: 'session', now: daysAgo(31) }, { conversationId: 'conv_1', callSid: null }, 'inbound'))))
  const left = async () => (await store.list('records', null, 100)).callers.length

  t.match(await sweep(store, 'bridge-1'), { plan: { phase: 'stopped', stopped: { callers: 30, to_erase: 30 } } })
  t.equal(await sweep(other, 'bridge-2'), null)
  t.match(await sweep(other, 'bridge-2', { isStart: true }), { plan: { phase: 'stopped' } }, 'also for one that starts')
  t.match(await reviewSweep(other, false, now()), { state: 'stopped', callers: 30, to_erase: 30 })
  t.equal(await left(), 30)

  const confirmed = await Promise.all([reviewSweep(store, true, now()), reviewSweep(other, true, now())])
  t.equal(confirmed.filter((review) => review.confirmed).length, 1, 'it is confirmed once')
  t.match(await sweep(store, 'bridge-1'), { counts: { erased: 30 } })
  t.equal(await left(), 0)
})
