import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { recordCallStart } from '../../src/caller/calls.ts'
import { changeProfile, erase } from '../../src/caller/profile.ts'
import { hashPhone, hashPrefix } from '../../src/phone/phone-hash.ts'
import type { CallerPage, Store } from '../../src/store/store.ts'
import { callerHash, contextOf, fact, filePlace } from '../stored.ts'
import { admin, build, folderNames } from '../helper.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const now = () => new Date('2026-11-22T09:30:00.000Z')
const daysAgo = (days: number) => new Date(now().getTime() - days * DAY_MS).toISOString()
const OWN = '+15550100200'

// Data outlives one app here, and each app begins with a clean folder of its test: so it lies elsewhere.
const newFolder = folderNames(t)

const isError = (line: Record<string, unknown>) => Number(line['level']) >= 50

/** Starts an app on a store, and stops it when its first sweep is over. */
async function sweepOnce (t: Test, env: Record<string, string>, store: Store) {
  const app = await build(t, env, { store, now })
  await app.ready()
  while (typeof (await store.loadDocument('sweep'))?.finished_at !== 'string') await sleep(5)
  await app.close()
  return app
}

t.test('old erasure marks are dropped at start, by ERASURE_MARK_DAYS', async (t) => {
  for (const [days, kept] of [['30', [29, 30]], ['', [29, 30, 31, 90]]] as const) {
    const place = filePlace(t, { folder: newFolder() })
    const store = await place.open()
    const ages = [29, 30, 31, 90, 91]
    for (const age of ages) await store.update(callerHash(age), erase(daysAgo(age)))

    const app = await sweepOnce(t, { ERASURE_MARK_DAYS: days }, store)

    const again = await place.open()
    const left = []
    for (const age of ages) if ((await again.load(callerHash(age))).erasedAt !== null) left.push(age)
    t.strictSame(left, kept)
    await again.close()
    t.match(app.lines.filter(({ msg }) => msg === 'a sweep is finished'), [{ level: 30, marks: 5 - kept.length }])
  }
})

t.test('callers not seen for RETENTION_DAYS are erased at start, and nobody is without', async (t) => {
  for (const [days, kept] of [['30', [30]], ['', [30, 31, 9000]]] as const) {
    const place = filePlace(t, { folder: newFolder() })
    const store = await place.open()
    const ages = [30, 31, 9000]
    for (const age of ages) {
      await store.update(callerHash(age), recordCallStart({ phoneHash: callerHash(age), newId: 'session', now: daysAgo(age) }, { conversationId: 'conv_1', callSid: null }, 'inbound'))
    }
    await store.update(
      callerHash(1),
      changeProfile({ ...contextOf(callerHash(1), 1), now: daysAgo(9000) }, { remember: false })
    )

    const app = await sweepOnce(t, { RETENTION_DAYS: days }, store)

    const again = await place.open()
    const left = []
    for (const age of ages) if ((await again.load(callerHash(age))).record !== null) left.push(age)
    t.strictSame(left, kept)
    t.match((await again.load(callerHash(1))).record, { remember: false }, 'an opt-out stays')
    await again.close()
    t.match(app.lines.filter(({ erased }) => erased !== undefined), [{ level: 30, erased: days === '' ? 0 : 2 }])
  }
})

/**
 * Forty callers who rang yesterday, and a bridge on them that was started with the clock ten years ahead, by
 * mistake.
 */
async function wrongClock (t: Test, env: Record<string, string> = {}) {
  const store = await filePlace(t, { folder: newFolder() }).open()
  const hashes = Array.from({ length: 40 }, (_, n) => callerHash(n))
  await Promise.all(hashes.map((phoneHash) => store.update(phoneHash, recordCallStart({ phoneHash, newId: 'session', now: daysAgo(1) }, { conversationId: 'conv_1', callSid: null }, 'inbound'))))
  const tenYearsAhead = () => new Date(now().getTime() + 3650 * DAY_MS)
  const app = await build(t, { RETENTION_DAYS: '30', ...env }, { store, now: tenYearsAhead })
  const review = async (confirm: boolean) => (await admin(app, 'POST', '/sweep', { confirm })).body
  const left = async () => (await store.list('records', null, 200)).callers.length
  return { app, review, left, isStopped: async () => (await store.loadDocument('sweep'))?.plan?.phase === 'stopped' }
}

t.test('with a clock ten years ahead nobody is erased, and the operator is told, until the count is confirmed', async (t) => {
  const { app, review, left, isStopped } = await wrongClock(t)
  await app.ready()
  while (!await isStopped()) await sleep(5)

  const warning = /^A sweep is stopped and removes nothing: .* erase 40 of 40 callers, more than RETENTION_MAX_SHARE allows \(10 %\).*memory-bridge sweep --confirm/
  t.match((await app.inject('/health/ready')).json(), { status: 'ok', warnings: [warning] })
  while (!app.lines.some(({ msg }) => warning.test(String(msg)))) await sleep(5)
  t.match(
    app.lines.filter(({ msg }) => /sweep/.test(String(msg))),
    [{ level: 40, msg: warning, callers: 40, to_erase: 40 }]
  )
  t.match(await review(false), { state: 'stopped', confirmed: false, callers: 40, to_erase: 40, message: warning })
  t.equal(await left(), 40)

  t.match(await review(true), { state: 'erasing', confirmed: true, callers: 40, to_erase: 40 })
  while (await left() > 0) await sleep(50)
  while ((await review(false)).state !== 'finished') await sleep(5)

  t.match(await review(true), { state: 'finished', confirmed: false, counts: { erased: 40 } }, 'that was once')
  t.match((await app.inject('/health/ready')).json(), { warnings: [] })
})

t.test('a bridge that was started with the right clock notices when it is set', async (t) => {
  for (const [hours, isStopped] of [[1, false], [2, true], [-2, true]] as const) {
    const store = await filePlace(t, { folder: newFolder() }).open()
    let wallMs = now().getTime()
    let monotonicMs = 1000
    const app = await build(t, {}, { store, now: () => new Date(wallMs), monotonicMs: () => monotonicMs })
    wallMs += (hours + 5) * 3_600_000
    monotonicMs += 5 * 3_600_000

    await app.ready()
    while (!['stopped', 'erasing'].includes(String((await store.loadDocument('sweep'))?.plan?.phase))) await sleep(5)

    t.match((await app.inject('/health/ready')).json().warnings, isStopped ? [/the clock was set (ahead|back) by 2 hours/] : [])
    await app.close()
  }
})

t.test('RETENTION_MAX_SHARE is a percentage', async (t) => {
  for (const RETENTION_MAX_SHARE of ['-1', '101', '0.5', 'all']) {
    await t.rejects(build(t, { RETENTION_MAX_SHARE }), { code: 'BRIDGE_SETTINGS_INVALID', message: /RETENTION_MAX_SHARE is wrong: set it to the percentage of all callers .* 0 to 100/ })
  }
  const { app, left } = await wrongClock(t, { RETENTION_MAX_SHARE: '100' })
  await app.ready()
  while (await left() > 0) await sleep(50)
})

t.test('RETENTION_DAYS is a whole number of days', async (t) => {
  for (const RETENTION_DAYS of ['0', '-1', '1.5', 'a year', '36501']) {
    await t.rejects(build(t, { RETENTION_DAYS }), { code: 'BRIDGE_SETTINGS_INVALID', message: /RETENTION_DAYS is wrong: set it to the number of days .* 1 to 36500/ })
  }
})

t.test('a sweep that fails is logged, and the bridge starts', async (t) => {
  const DATA_DIR = newFolder()
  mkdirSync(DATA_DIR)
  writeFileSync(join(DATA_DIR, 'erasures'), 'a file')
  const app = await build(t, { DATA_DIR })

  await app.ready()
  while (!app.lines.some(isError)) await sleep(5)
  await app.close()

  t.match(app.lines.filter(isError), [{ msg: 'a sweep failed; it resumes in ten minutes', err: { code: 'BRIDGE_STORAGE_UNAVAILABLE' } }])
})

t.test('neither start nor stop waits for a sweep that takes long', async (t) => {
  const store = await filePlace(t, { folder: newFolder() }).open()
  t.intercept(store, 'list', { value: () => new Promise<CallerPage>(() => {}) })
  const app = await build(t, {}, { store, now })

  await app.ready()
  t.equal((await app.inject('/health')).statusCode, 200)
  const began = performance.now()
  await app.close()

  t.ok(performance.now() - began < 5000)
})

t.test('a stop lets the step that is being done finish, begins no other, and then lets the data go', async (t) => {
  const store = await filePlace(t, { folder: newFolder() }).open()
  const diary: string[] = []
  const { list, close, updateDocument } = store
  let begin = () => {}
  const hasBegun = new Promise<void>((resolve) => { begin = resolve })
  t.intercept(store, 'list', {
    value: async (...args: Parameters<Store['list']>) => {
      begin()
      await sleep(100)
      const page = await list(...args)
      diary.push('listed')
      return page
    }
  })
  t.intercept(store, 'updateDocument', {
    value: async (...args: Parameters<Store['updateDocument']>) => {
      if (args[0] === 'sweep') diary.push('written')
      return await updateDocument(...args)
    }
  })
  t.intercept(store, 'close', { value: async () => { diary.push('closed'); await close() } })
  const app = await build(t, {}, { store, now })
  await app.ready()
  await hasBegun

  await app.close()

  t.strictSame(diary, ['written', 'written', 'listed', 'closed'], 'a claim, a decision, and the step')
  t.notOk(app.lines.some(isError), 'a stop is no failure')
})

t.test('a record under an own number is reported at start', async (t) => {
  const DATA_DIR = newFolder()
  const own = hashPhone(OWN)
  const before = await build(t, { DATA_DIR })
  await before.store.update(own, fact(own, 'mixed'))
  await before.close()

  const app = await build(t, { DATA_DIR, OWN_NUMBERS: `${OWN},+15550100300` })
  await app.ready()
  await app.close()

  t.match(app.lines.filter(({ msg }) => /our own numbers/i.test(String(msg))), [{ level: 40, caller: hashPrefix(own) }])
})

t.test('a damaged or unreadable record under an own number does not keep the bridge from starting', async (t) => {
  const own = hashPhone(OWN)
  const other = '+15550100300'
  const DATA_DIR = newFolder()
  const folder = join(DATA_DIR, 'callers', own.slice(0, 2))
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${own}.json`), '{')
  mkdirSync(join(DATA_DIR, 'callers', hashPhone(other).slice(0, 2), `${hashPhone(other)}.json`), { recursive: true })

  const app = await build(t, { DATA_DIR, OWN_NUMBERS: `${OWN},${other}` })
  await app.ready()
  while (app.lines.filter(isError).length < 3) await sleep(5)
  await app.close()

  t.match(app.lines.filter(isError).map(({ err }) => (err as { code: string } | undefined)?.code), [
    undefined, 'BRIDGE_RECORD_DAMAGED', 'BRIDGE_STORAGE_UNAVAILABLE'
  ])
})
