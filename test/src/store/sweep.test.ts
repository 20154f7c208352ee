import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import t, { type Test } from 'tap'
import type { CallerRecord, StoredCaller } from '../../../schemas/caller-record.ts'
import { recordToChange } from '../../../src/caller/caller.ts'
import { recordCallStart } from '../../../src/caller/calls.ts'
import { changeProfile, erase } from '../../../src/caller/profile.ts'
import { StorageUnavailable } from '../../../src/errors.ts'
import type { CallerPage, Store } from '../../../src/store/store.ts'
import { reviewSweep, sweepWarning } from '../../../src/store/sweep-review.ts'
import { keepSweeping, sweepOnce, type SweepParts } from '../../../src/store/sweep.ts'
import { pauseInBackground } from '../../../src/time.ts'
import { addNote, callerHash, callStart, contextOf, filePlace, filesUnder, plainFormats } from '../../stored.ts'

const START = Date.parse('2026-11-22T09:30:00.000Z')
const DAY_MS = 24 * 60 * 60 * 1000
const daysAgo = (days: number) => new Date(START - days * DAY_MS).toISOString()
const hashes = Array.from({ length: 125 }, (_, n) => callerHash(n)).toSorted()
const [dana = '', otto = '', zoe = ''] = hashes
const nothing = { callers: 0, erased: 0, facts: 0, notes: 0, marks: 0, unreadable: 0, failed: 0 }

function record (phoneHash: string, seenAgo: number, overrides: Partial<CallerRecord> = {}): CallerRecord {
  const blank = recordToChange({ record: null, erasedAt: null }, { phoneHash, newId: 'session', now: daysAgo(seenAgo) })
  return { ...blank, last_seen: daysAgo(seenAgo), ...overrides }
}

/** Three pages of callers, each 25th not seen for 31 days. */
const many = () => hashes.map((hash, n) => record(hash, n % 25 === 0 ? 31 : 1))

/** A store in a folder, callers written into it by hand, and a sweeper with a clock that its pauses move. */
async function place (t: Test, callers: StoredCaller[] = [], days: SweepParts['days'] = { marks: 90, callers: 30 }, maxShare = 10) {
  const files = filePlace(t)
  const store = await files.open()
  for (const caller of callers) {
    const path = files.recordPath(caller.phone_hash)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, plainFormats.record(caller.phone_hash).write(caller))
  }
  const stop = new AbortController()
  const clock = { ms: START, driftMs: 0 }
  const pauses: number[] = []
  const lines: Array<Record<string, unknown>> = []
  const line = (level: string) => (fields: object, msg: string) => { lines.push({ level, msg, ...fields }) }
  const asked: Array<Parameters<Store['list']>> = []
  const updated: string[] = []
  const watched: Store = {
    ...store,
    list: (...args) => { asked.push(args); return store.list(...args) },
    update: (phoneHash, change) => { updated.push(phoneHash); return store.update(phoneHash, change) }
  }
  let ids = 0
  const parts: SweepParts = {
    store: watched,
    days,
    maxShare,
    now: () => new Date(clock.ms),
    driftMs: () => clock.driftMs,
    newId: () => `sweeper-${++ids}`,
    log: { info: line('info'), warn: line('warn'), error: line('error') },
    pause: async (ms) => { pauses.push(ms); clock.ms += ms }
  }
  return {
    ...files,
    store,
    parts,
    stop,
    clock,
    pauses,
    lines,
    asked,
    updated,
    sweep: () => sweepOnce(parts, true, stop.signal)
  }
}

const left = async (store: Store) => (await store.list('all', null, 1000)).callers.map(({ phoneHash, record, erasedAt }) => ({
  phoneHash, has: record === null ? 'mark' : record.remember ? 'record' : 'opt-out', erasedAt
}))

t.test('a sweep removes from all callers what must not be kept, page by page, and counts it', async (t) => {
  const ended = { id: 'x', text: 'x', created_at: daysAgo(20), expires_at: daysAgo(1) }
  const fact = { ...ended, source: 'operator', evidence: null, pinned: false, updated_at: daysAgo(20), superseded_by: null }
  const { store, sweep, asked, updated, pauses } = await place(t, hashes.map((hash, n) => {
    if (n === 9) return { phone_hash: hash, remember: false }
    return n % 25 === 0 ? record(hash, 31) : record(hash, 29, n === 1 ? { facts: [fact, { ...fact, id: 'y' }], notes: [ended] } : {})
  }))
  await store.update(zoe, erase(daysAgo(91)))
  const erased = hashes.filter((_, n) => n % 25 === 0)

  const swept = await sweep()

  t.match(
    swept,
    {
      finished_at: /./,
      after: null,
      claim: null,
      counts: { callers: 125, erased: 5, facts: 2, notes: 1, marks: 1, unreadable: 0, failed: 0 }
    }
  )
  t.strictSame(updated.filter((hash) => hash !== zoe), hashes.filter((_, n) => n % 25 === 0 || n === 1), 'nobody else is written')
  const walk = [['all', null, 50], ['all', hashes[49], 50], ['all', hashes[99], 50]]
  t.strictSame(asked, [...walk, ...walk], 'callers are counted first')
  t.ok(pauses.length === 4 && pauses.every((ms) => ms >= 250), 'with a rest between')
  const rest = await left(store)
  t.strictSame(rest.filter(({ has }) => has === 'mark').map(({ phoneHash }) => phoneHash), erased)
  t.strictSame(rest.filter(({ has }) => has === 'opt-out').map(({ phoneHash }) => phoneHash), [hashes[9]])
  t.strictSame(rest.filter(({ erasedAt }) => erasedAt !== null).map(({ phoneHash }) => phoneHash), erased)
  t.match((await store.load(hashes[1]!)).record, { facts: { length: 0 }, notes: { length: 0 } })
  t.strictSame(await store.loadDocument('sweep'), swept)
})

t.test('without RETENTION_DAYS only marks are checked, and nothing else is ever deleted', async (t) => {
  const old = record(dana, 9000, { notes: [{ id: 'x', text: 'x', created_at: daysAgo(9000), expires_at: daysAgo(8000) }] })
  const { store, sweep, asked, recordPath } = await place(t, [old, record(otto, 40)], { marks: 90, callers: null })
  await addNote(store, { id: 'x', text: 'x', created_at: daysAgo(9000), expires_at: daysAgo(8000) })
  await store.update(otto, erase(daysAgo(91)))
  const notes = await store.loadDocument('notes')
  const before = [await readFile(recordPath(dana)), await stat(recordPath(dana))] as const

  t.match(await sweep(), { counts: { ...nothing, callers: 1, marks: 1 } })

  t.strictSame(asked, [['marks', null, 50]])
  t.strictSame(await readFile(recordPath(dana)), before[0])
  t.equal((await stat(recordPath(dana))).mtimeMs, before[1].mtimeMs)
  t.strictSame(await store.loadDocument('notes'), notes)
})

t.test('notes for everybody are removed when they ended so long ago that no call that was told them is left', async (t) => {
  const { store, sweep } = await place(t)
  const note = (id: string, end: string | null) => ({ id, text: 'open', created_at: daysAgo(3), expires_at: end })
  for (const each of [note('stays', null), note('ended', daysAgo(30)), note('ended lately', daysAgo(29)), note('lasts', daysAgo(-1))]) await addNote(store, each)

  t.match(await sweep(), { counts: { ...nothing, notes: 1 } })

  t.strictSame((await store.loadDocument('notes'))?.notes.map(({ id }) => id), ['stays', 'ended lately', 'lasts'])
})

t.test('a caller who calls during the sweep is kept', async (t) => {
  const { store, parts, sweep } = await place(t, [record(dana, 31)])
  const ring = callStart(dana, 'conv_1', daysAgo(0))
  parts.store.list = async (...args): Promise<CallerPage> => {
    const page = await store.list(...args)
    await store.startCall(dana, ring)
    return page
  }

  t.match(await sweep(), { counts: { ...nothing, callers: 1 } })

  t.match(await store.load(dana), { record: { call_count: 1 }, erasedAt: null })
})

t.test('an erasure interrupted by a crash is finished, and a record that came back from a backup is removed', async (t) => {
  for (const days of [{ marks: 90, callers: null }, { marks: 90, callers: 30 }]) {
    const { store, parts, recordPath, open } = await place(t, [record(dana, 5)], days)
    const bytes = await readFile(recordPath(dana))
    await store.update(dana, erase(daysAgo(2)))
    await store.close()
    await writeFile(recordPath(dana), bytes)
    const again = await open()

    t.match(
      await sweepOnce({ ...parts, store: again }, true, new AbortController().signal),
      { counts: { ...nothing, callers: 1 } }
    )

    await t.rejects(stat(recordPath(dana)), { code: 'ENOENT' })
    t.strictSame(await again.load(dana), { record: null, erasedAt: daysAgo(2) })
  }
})

t.test('an interrupted sweep resumes where it stopped, also in another process', async (t) => {
  const { store, parts, stop, clock, pauses, asked, sweep, open } = await place(t, many())
  parts.pause = async (ms) => {
    pauses.push(ms)
    clock.ms += 6000
    if (pauses.length === 4) stop.abort()
  }

  await t.rejects(sweep(), { name: 'AbortError' })

  t.equal(asked.length, 5, 'it asks nothing more of the store')
  t.match(await store.loadDocument('sweep'), { finished_at: null, after: hashes[99], claim: { by: 'sweeper-1' }, counts: { callers: 125, erased: 4 } })
  await store.close()
  const again = await open()
  t.match(
    await sweepOnce({ ...parts, store: again }, true, new AbortController().signal),
    { started_at: daysAgo(0), counts: { callers: 125, erased: 5 } }
  )
  t.equal((await left(again)).filter(({ has }) => has === 'record').length, 120)
})

t.test('a sweep can be interrupted between two callers', async (t) => {
  const { store, parts, stop, sweep, updated } = await place(t, hashes.slice(0, 3).map((hash) => record(hash, 31)))
  const { update } = parts.store
  parts.store.update = async (...args) => { stop.abort(); return await update(...args) }

  await t.rejects(sweep(), { name: 'AbortError' })

  t.strictSame(updated, [dana])
  t.equal((await left(store)).filter(({ has }) => has === 'record').length, 2)
})

t.test('of several processes on one database one sweeps, and another takes over when it dies', async (t) => {
  const { store, parts, clock, sweep, asked } = await place(t, many())
  Object.assign(parts.store, { driver: 'postgresql' })
  const other = () => sweepOnce({ ...parts, store: { ...store, driver: 'postgresql' }, pause: async () => {} }, true, new AbortController().signal)
  const others: unknown[] = []
  parts.pause = async () => {
    others.push(await other())
    clock.ms += 6000
    if (others.length < 2) return
    // The claim was renewed six seconds ago; then this process hangs for longer than it holds.
    clock.ms += 53_000
    others.push(await other())
    clock.ms += 1_000
    others.push(await other())
  }

  t.equal(await sweep(), null, 'who was taken over from notices')

  t.strictSame(others.slice(0, 3), [null, null, null])
  t.match(others[3], { counts: { callers: 125, erased: 5 } }, 'from where the first one was')
  t.equal(asked.length, 3)
  t.strictSame(await store.loadDocument('sweep'), others[3])
})

/** Everything that is stored of callers and notes. */
async function stored (folder: string) {
  return [
    ...await filesUnder(folder)
  ].filter(([name]) => /^(callers|erasures|notes)/.test(name)).map(([name, bytes]) => [name, bytes.toString()])
}

t.test('a clock ten years ahead erases nobody until an operator has confirmed the count', async (t) => {
  const ended = { id: 'x', text: 'x', created_at: daysAgo(20), expires_at: daysAgo(-40) }
  const { store, parts, stop, clock, lines, asked, sweep, folder } = await place(
    t,
    hashes.slice(0, 100).map((hash) => record(hash, 1, { notes: [ended] }))
  )
  await store.update(zoe, erase(daysAgo(1)))
  await addNote(store, ended)
  const before = await stored(folder)
  clock.ms += 3650 * DAY_MS
  const wrong = new Date(clock.ms).toISOString()

  const swept = await sweep()

  t.match(swept, {
    started_at: wrong,
    finished_at: null,
    claim: null,
    counts: { ...nothing, callers: 100 },
    plan: { phase: 'stopped', counted: { callers: 99, to_erase: 99 }, stopped: { reasons: ['share'], callers: 99, to_erase: 99, max_share: 10 } }
  })
  t.strictSame(await stored(folder), before, 'no mark, fact or note goes either')
  t.strictSame(await store.loadDocument('sweep'), swept, 'the numbers are kept')
  const walked = asked.length
  t.equal(await sweepOnce(parts, false, stop.signal), null)
  t.equal(asked.length, walked, 'and the callers are left alone')

  t.match(await sweepOnce(parts, true, stop.signal), { plan: { phase: 'stopped' } }, 'a restart counts again')
  t.strictSame(await stored(folder), before)

  const confirmed = await reviewSweep(store, true, new Date(clock.ms))
  t.match(confirmed, { state: 'erasing', confirmed: true, callers: 99, to_erase: 99 })
  t.match(
    await sweepOnce(parts, false, stop.signal),
    { finished_at: /./, counts: { callers: 100, erased: 99, marks: 1, notes: 1 } }
  )
  t.strictSame((await left(store)).filter(({ has }) => has !== 'mark'), [])
  t.strictSame(lines, [])
})

t.test('a sweep stops at more than 20 callers that are more than the share', async (t) => {
  const cases: Array<[old: number, young: number, share: number, isStopped: boolean]> = [
    [20, 0, 10, false], [21, 0, 10, true], [21, 189, 10, false], [21, 188, 10, true],
    [21, 0, 100, false], [20, 0, 0, false], [21, 979, 0, true]
  ]
  for (const [old, young, share, isStopped] of cases) {
    const callers = Array.from({ length: old + young }, (_, n) => record(callerHash(n), n < old ? 31 : 1))
    const { sweep, store } = await place(t, callers, { marks: 90, callers: 30 }, share)

    const swept = await sweep()

    const what = `${old} of ${old + young} at ${share} %`
    t.equal(swept?.plan.phase, isStopped ? 'stopped' : 'erasing', what)
    t.equal((await left(store)).filter(({ has }) => has === 'record').length, isStopped ? old + young : young, what)
  }
})

t.test('callers who opted out do not count for the share', async (t) => {
  const { sweep } = await place(
    t,
    hashes.map((hash, n) => n < 22 ? record(hash, 31) : { phone_hash: hash, remember: false }),
    undefined,
    99
  )

  t.match(await sweep(), { plan: { phase: 'stopped', counted: { callers: 22, to_erase: 22 } } })
})

t.test('a clock that was set by more than an hour stops every sweep', async (t) => {
  for (const callers of [null, 30]) {
    for (const [driftMs, isStopped] of [
      [3_600_000, false],
      [3_600_001, true],
      [-3_600_000, false],
      [-3_600_001, true]
    ] as const) {
      const { store, parts, sweep, clock, stop } = await place(t, [record(dana, 31)], { marks: 90, callers })
      await store.update(otto, erase(daysAgo(91)))
      clock.driftMs = driftMs

      const swept = await sweep()

      t.equal((await left(store)).filter(({ phoneHash }) => phoneHash === otto).length, isStopped ? 1 : 0, `${callers} ${driftMs}`)
      if (!isStopped) continue
      t.match(swept, { plan: { phase: 'stopped', stopped: { reasons: ['clock'], clock_drift_secs: Math.round(driftMs / 1000) } } })
      clock.driftMs = 0
      t.equal(await sweepOnce(parts, false, stop.signal), null, 'it does not go on by itself')
      t.match(await sweepOnce(parts, true, stop.signal), { finished_at: /./, counts: { marks: 1 } }, 'a restart measures anew')
    }
  }
})

t.test('a bridge that was idle for a week sweeps as usual', async (t) => {
  const { store, parts, sweep, clock, stop } = await place(t, [record(dana, 25), record(otto, 1)])
  t.match(await sweep(), { counts: { ...nothing, callers: 2 } })

  clock.ms += 7 * DAY_MS

  t.match(await sweepOnce(parts, false, stop.signal), { counts: { ...nothing, callers: 2, erased: 1 } })
  t.match(await left(store), [{ has: 'mark' }, { has: 'record' }])
})

t.test('the clock that counted decides what is erased, whatever the clock does meanwhile', async (t) => {
  for (const jump of [3650 * DAY_MS, -3650 * DAY_MS]) {
    const { store, parts, sweep, clock, pauses } = await place(t, many())
    parts.pause = async (ms) => {
      pauses.push(ms)
      if (pauses.length === 2) clock.ms += jump
    }

    t.match(await sweep(), { started_at: daysAgo(0), counts: { callers: 125, erased: 5 } })

    const marked = (await left(store)).flatMap(({ erasedAt }) => erasedAt === null ? [] : [erasedAt])
    t.strictSame([...new Set(marked)], [jump > 0 ? daysAgo(0) : daysAgo(31)], 'nor do their marks: not before they were last seen')
  }
})

t.test('a sweep that would erase many more than it counted counts again, and stops', async (t) => {
  const { store, parts, sweep, pauses, lines, recordPath } = await place(t, many())
  parts.pause = async (ms) => {
    pauses.push(ms)
    if (pauses.length !== 3) return
    // The first page is done; then an old backup is restored beside it.
    for (const hash of hashes.slice(50)) {
      await writeFile(
        recordPath(hash),
        plainFormats.record(hash).write(record(hash, 40))
      )
    }
  }

  t.match(await sweep(), { counts: { ...nothing, callers: 125 }, plan: { phase: 'stopped', stopped: { callers: 123, to_erase: 75 } } })

  t.match(lines, [{ level: 'warn', msg: /more callers to erase than it had counted/, erased: 2 }])
  t.equal((await left(store)).filter(({ has }) => has === 'record').length, 123)
})

t.test('a count that was made with other settings is made again', async (t) => {
  const { parts, sweep, stop } = await place(t, hashes.map((hash) => record(hash, 31)))
  t.match(await sweep(), { plan: { phase: 'stopped' } })

  parts.days = { marks: 90, callers: 365 }

  t.match(await sweepOnce(parts, false, stop.signal), { counts: { ...nothing, callers: 125 }, plan: { stopped: null } })
})

t.test('once the clock is right again, a sweep that a wrong one had stopped counts again', async (t) => {
  const { store, parts, sweep, clock, stop, asked } = await place(t, many())
  clock.ms += 3650 * DAY_MS
  t.match(await sweep(), { plan: { phase: 'stopped' } })
  clock.ms -= 3650 * DAY_MS
  let stoppedMeanwhile: unknown
  const { list } = parts.store
  parts.store.list = async (...args) => {
    stoppedMeanwhile ??= (await store.loadDocument('sweep'))?.plan?.stopped?.to_erase
    return await list(...args)
  }
  asked.length = 0

  t.match(await sweepOnce(parts, false, stop.signal), { counts: { callers: 125, erased: 5 }, plan: { stopped: null } })
  t.equal(stoppedMeanwhile, 125, 'until then it is not forgotten')
})

t.test('a stopped sweep is logged once, and once after each start', async (t) => {
  const { parts, stop, pauses, lines } = await place(t, hashes.map((hash) => record(hash, 31)))
  const pause = parts.pause!
  parts.pause = async (ms, signal) => {
    await pause(ms, signal)
    if (pauses.length > 50) stop.abort()
  }

  await keepSweeping(parts, stop.signal)

  t.match(lines, { length: 1, 0: { level: 'warn', msg: sweepWarning(await parts.store.loadDocument('sweep')), callers: 125, to_erase: 125 } })
})

t.test('a time in the future counts as the day on which a sweep found it', async (t) => {
  const { store, parts, sweep, clock, stop } = await place(
    t,
    [record(dana, -3650), record(otto, 31, { last_seen: daysAgo(-3650) })]
  )

  t.match(await sweep(), { counts: { ...nothing, callers: 2 } }, 'it erases nobody')

  const found = { time: daysAgo(-3650), found_at: daysAgo(0) }
  for (const hash of [dana, otto]) t.match((await store.load(hash)).record, { last_seen: daysAgo(-3650), ahead: found })
  clock.ms += 29 * DAY_MS
  t.match(await sweepOnce(parts, false, stop.signal), { counts: { ...nothing, callers: 2 } })
  clock.ms += 2 * DAY_MS
  t.match(await sweepOnce(parts, false, stop.signal), { counts: { ...nothing, callers: 2, erased: 2 } }, 'and keeps nobody for ever')
})

t.test('a caller who rings during a sweep is not ahead of the clock', async (t) => {
  const { store, parts, sweep, clock, updated } = await place(t, many())
  const pause = parts.pause!
  parts.pause = async (ms, signal) => {
    await pause(ms, signal)
    clock.ms += 60_000
    await store.startCall(zoe, callStart(zoe, `conv_${clock.ms}`, new Date(clock.ms).toISOString()))
  }

  t.match(await sweep(), { counts: { callers: 125, erased: 5 } })

  t.notOk(updated.includes(zoe))
  t.notHas((await store.load(zoe)).record, { ahead: {} })
})

t.test('damaged callers and damaged notes are counted and skipped', async (t) => {
  const { store, sweep, recordPath, folder, damaged } = await place(
    t,
    [record(dana, 31), record(otto, 31), record(zoe, 31)]
  )
  await writeFile(recordPath(otto), '{')
  await writeFile(`${folder}/notes.json`, '{')

  t.match(await sweep(), { counts: { ...nothing, callers: 3, erased: 2, unreadable: 1 } })

  t.equal(damaged.length, 2)
  t.strictSame((await left(store)).map(({ phoneHash }) => phoneHash), [dana, zoe])
})

t.test('a caller who cannot be written is logged and skipped; many are the storage\'s fault', async (t) => {
  for (const [failing, isHalted] of [[10, false], [11, true]] as const) {
    const { parts, sweep, lines } = await place(
      t,
      hashes.slice(0, 30).map((hash) => record(hash, 31)),
      { marks: 90, callers: 30 },
      100
    )
    const { update } = parts.store
    parts.store.update = async (hash, change) => {
      if (hashes.indexOf(hash) < failing) throw new StorageUnavailable()
      return await update(hash, change)
    }

    if (isHalted) await t.rejects(sweep(), { code: 'BRIDGE_STORAGE_UNAVAILABLE' })
    else t.match(await sweep(), { counts: { ...nothing, callers: 30, erased: 20, failed: 10 } })

    t.match(lines, { length: 10, 0: { level: 'error', caller: dana.slice(0, 8), err: { code: 'BRIDGE_STORAGE_UNAVAILABLE' } } })
  }
})

t.test('a bug does not pass for a caller that cannot be written', async (t) => {
  const { parts, sweep } = await place(t, [record(dana, 31)])
  parts.store.update = async () => { throw new TypeError('x is not a function') }

  await t.rejects(sweep(), { name: 'TypeError' })
})

t.test('sweeps run every day until they are stopped, with one log line each', async (t) => {
  const { store, parts, stop, clock, lines } = await place(t, [record(dana, 29), record(otto, 28)])
  const pause = parts.pause!
  parts.pause = async (ms, signal) => {
    await pause(ms, signal)
    if (clock.ms > START + 3.5 * DAY_MS) stop.abort()
  }

  await keepSweeping(parts, stop.signal)

  t.strictSame(lines.map(({ level, msg, begun, ...counts }) => [level, msg, String(begun).slice(0, 10), counts]), [
    ['info', 'a sweep is finished', '2026-11-22', { ...nothing, callers: 2 }],
    ['info', 'a sweep is finished', '2026-11-23', { ...nothing, callers: 2 }],
    ['info', 'a sweep is finished', '2026-11-24', { ...nothing, callers: 2, erased: 1 }],
    ['info', 'a sweep is finished', '2026-11-25', { ...nothing, callers: 2, erased: 1 }]
  ])
  t.strictSame((await left(store)).map(({ has }) => has), ['mark', 'mark'])
})

t.test('without RETENTION_DAYS a sweep that did nothing is not logged', async (t) => {
  for (const [age, logged] of [[89, 0], [91, 1]] as const) {
    const { store, parts, stop, lines } = await place(t, [], { marks: 90, callers: null })
    await store.update(dana, erase(daysAgo(age)))
    parts.pause = async () => stop.abort()

    await keepSweeping(parts, stop.signal)

    t.equal(lines.length, logged)
  }
})

t.test('unreadable callers make the line a warning', async (t) => {
  const { parts, stop, lines, recordPath } = await place(t, [record(dana, 1)])
  await writeFile(recordPath(dana), '{')
  parts.pause = async () => stop.abort()

  await keepSweeping(parts, stop.signal)

  t.match(lines, [{ level: 'warn', callers: 1, unreadable: 1 }])
})

t.test('a failure is logged, and the sweep resumes later', async (t) => {
  const { parts, stop, pauses, lines } = await place(t, many())
  const { list } = parts.store
  let calls = 0
  parts.store.list = async (...args) => {
    if (++calls === 5) throw new StorageUnavailable()
    return await list(...args)
  }
  const pause = parts.pause!
  parts.pause = async (ms, signal) => {
    await pause(ms, signal)
    if (lines.length === 2) stop.abort()
  }

  await keepSweeping(parts, stop.signal)

  t.match(lines, [
    { level: 'error', msg: /a sweep failed/, err: { code: 'BRIDGE_STORAGE_UNAVAILABLE' } },
    { level: 'info', msg: 'a sweep is finished', callers: 125 }
  ])
  t.equal(pauses[3], 600_000)
})

t.test('a stop ends the wait at once, and is not a failure', async (t) => {
  const { parts, stop, lines } = await place(t, [], { marks: 90, callers: null })
  const sweeping = keepSweeping({ ...parts, pause: pauseInBackground }, stop.signal)
  await new Promise((resolve) => setTimeout(resolve, 100))

  const began = performance.now()
  stop.abort()
  await sweeping

  t.ok(performance.now() - began < 500)
  t.strictSame(lines, [])
})

t.test('a stop in the middle of a sweep is not a failure', async (t) => {
  const { parts, stop, lines } = await place(t, [record(dana, 1)])
  const { list } = parts.store
  parts.store.list = async (...args) => { stop.abort(); return await list(...args) }

  await keepSweeping(parts, stop.signal)

  t.strictSame(lines, [])
})

t.test('a sweep removes nothing from callers who opted out or came back', async (t) => {
  const { store, sweep } = await place(t)
  await store.update(dana, changeProfile(contextOf(dana, 1), { remember: false }))
  await store.update(otto, erase(daysAgo(50)))
  await store.update(otto, recordCallStart({ phoneHash: otto, newId: 'session', now: daysAgo(3) }, { conversationId: 'conv_1', callSid: null }, 'inbound'))
  const before = await left(store)

  t.match(await sweep(), { counts: { ...nothing, callers: 2 } })

  t.strictSame(await left(store), before)
})
