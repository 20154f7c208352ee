import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { erase } from '../../../../src/caller/profile.ts'
import { createDisk } from '../../../../src/store/file/disk.ts'
import { doDiskWork } from '../../../../src/store/file/disk-work.ts'
import { addNote, at, callerHash, callStart, fact, factsOf, filePlace, filesUnder } from '../../../stored.ts'

const dana = callerHash(1)
const otto = callerHash(2)
const unavailable = { code: 'BRIDGE_STORAGE_UNAVAILABLE', cause: { syscall: String } }

t.test('a write that fails', async (t) => {
  t.test('fails every change that waited, and nothing is built on it', async (t) => {
    const place = filePlace(t)
    const store = await place.open()
    await store.update(dana, fact(dana, 'on disk'))
    await mkdir(`${place.recordPath(dana)}.tmp`)

    const results = await Promise.allSettled([1, 2, 3].map((n) => store.update(dana, fact(dana, `lost ${n}`))))
    t.match(results, [1, 2, 3].map(() => ({ status: 'rejected', reason: unavailable })))
    t.strictSame(await factsOf(store, dana), ['on disk'])

    rmdirSync(`${place.recordPath(dana)}.tmp`)
    t.equal((await store.update(dana, fact(dana, 'after'))).totalFacts, 2)
    t.strictSame(await factsOf(store, dana), ['on disk', 'after'])
  })

  t.test('leaves a call start in the journal', async (t) => {
    const place = filePlace(t)
    const store = await place.open()
    await mkdir(`${place.recordPath(dana)}.tmp`, { recursive: true })

    t.match(await store.startCall(dana, callStart(dana, 'conv_1')), { callNumber: 1 })
    await store.close()

    t.notOk(existsSync(place.recordPath(dana)))
    rmdirSync(`${place.recordPath(dana)}.tmp`)
    const again = await place.open()
    t.match(await again.load(dana), { record: { calls: [{ conversation_id: 'conv_1' }] } })
    t.strictSame(place.lost, [])
  })

  t.test('of one caller leaves the others alone', async (t) => {
    const place = filePlace(t)
    const store = await place.open()
    await mkdir(`${place.recordPath(dana)}.tmp`, { recursive: true })

    const [failed, done] = await Promise.allSettled([store.update(dana, fact(dana, 'x')), store.update(otto, fact(otto, 'y'))])

    t.strictSame([failed.status, done.status], ['rejected', 'fulfilled'])
  })

  t.test('of the notes rejects, and the next one works', async (t) => {
    const place = filePlace(t)
    const store = await place.open()
    const add = (id: string) => addNote(store, { id, text: 'open', created_at: at(0), expires_at: null })
    await mkdir(join(place.folder, 'notes.json.tmp'))

    await t.rejects(add('lost'), unavailable)
    rmdirSync(join(place.folder, 'notes.json.tmp'))
    await add('kept')

    t.strictSame((await store.loadDocument('notes'))?.notes.map(({ id }) => id), ['kept'])
  })

  t.test('shows in a check', async (t) => {
    const place = filePlace(t)
    const store = await place.open()
    await mkdir(join(place.folder, 'probe.json.tmp'))

    await t.rejects(store.check(), unavailable)
    rmdirSync(join(place.folder, 'probe.json.tmp'))
    await t.resolves(store.check())
  })
})

t.test('a file that cannot be read is an error, not an empty memory', async (t) => {
  const place = filePlace(t)
  const store = await place.open()
  await mkdir(place.recordPath(dana), { recursive: true })

  await t.rejects(store.load(dana), unavailable)
  await t.rejects(store.update(dana, fact(dana, 'x')), unavailable)
  await t.rejects(store.startCall(dana, callStart(dana, 'conv_1')), unavailable)
  t.strictSame(await store.list('records', null, 10), { callers: [], unreadable: [dana], next: null })

  t.strictSame(place.damaged, [])
})

t.test('a damaged record is quarantined, byte for byte, and the caller starts afresh', async (t) => {
  const whole = async (place: ReturnType<typeof filePlace>) => await readFile(place.recordPath(dana))
  const damages: Record<string, (good: Buffer) => Buffer | string> = {
    empty: () => '',
    truncated: (good) => good.subarray(0, -20),
    garbage: () => Buffer.from([0, 255, 254, 1, 2, 3]),
    'other JSON': () => '[]',
    'wrong in one field': (good) => good.toString().replace('"call_count": 0', '"call_count": "many"'),
    'of another caller': (good) => good.toString().replaceAll(dana, otto)
  }
  for (const [what, damage] of Object.entries(damages)) {
    await t.test(what, async (t) => {
      const place = filePlace(t)
      const store = await place.open()
      await store.update(dana, fact(dana, 'likes tea'))
      const bytes = Buffer.from(damage(await whole(place)))
      await writeFile(place.recordPath(dana), bytes)

      await t.rejects(store.update(dana, fact(dana, 'x')), { code: 'BRIDGE_RECORD_DAMAGED', statusCode: 503 })
      t.strictSame(await store.load(dana), { record: null, erasedAt: null })
      await store.update(dana, fact(dana, 'afresh'))

      t.match(place.damaged, [new RegExp(`^${dana}\\.json\\.damaged-2026-11-22T09-00-00\\.000Z$`)])
      t.strictSame(await readFile(join(dirname(place.recordPath(dana)), place.damaged[0]!)), bytes)
      t.strictSame(await factsOf(store, dana), ['afresh'])
    })
  }
})

t.test('a walk lists the damaged callers it found, and continues', async (t) => {
  const hashes = [1, 2, 3, 4].map(callerHash).sort()
  const [first = '', damaged = '', third = '', last = ''] = hashes
  const place = filePlace(t)
  const store = await place.open()
  for (const hash of hashes) await store.update(hash, fact(hash, 'x'))
  await writeFile(place.recordPath(damaged), '{')

  const page = await store.list('records', null, 3)
  const rest = await store.list('records', page.next, 3)

  t.match(
    page,
    { callers: { length: 2, 0: { phoneHash: first }, 1: { phoneHash: third } }, unreadable: [damaged], next: third }
  )
  t.match(rest, { callers: { length: 1, 0: { phoneHash: last } }, unreadable: [], next: null })
  t.equal(place.damaged.length, 1)
})

t.test('when many find a damaged record at once, no good one is quarantined', async (t) => {
  for (let round = 0; round < 20; round++) {
    const caller = callerHash(round)
    const place = filePlace(t, { folder: join(t.testdirName, String(round)) })
    const store = await place.open()
    await mkdir(dirname(place.recordPath(caller)), { recursive: true })
    await writeFile(place.recordPath(caller), 'damaged')

    const tries = await Promise.allSettled(Array.from({ length: 12 }, async (_, n) => {
      await new Promise((resolve) => setTimeout(resolve, n / 4))
      return n % 3 === 0 ? (await store.update(caller, fact(caller, `${n}`))).fact.text : (await store.load(caller), null)
    }))

    const kept = tries.flatMap((each) => each.status === 'fulfilled' && each.value !== null ? [each.value] : [])
    const errors = tries.flatMap((each) => each.status === 'rejected' ? [each.reason.code] : [])
    t.ok(errors.every((code) => code === 'BRIDGE_RECORD_DAMAGED'), errors.join())
    t.strictSame(await factsOf(store, caller) ?? [], kept, 'what was acknowledged is there')
    t.equal(place.damaged.length, 1)
    await store.close()
  }
})

t.test('damaged notes are quarantined once, also for many readers, and new ones are kept', async (t) => {
  const folder = t.testdir({ 'notes.json': '{"version":1,"notes":[{"id":1}]}' })
  const place = filePlace(t, { folder })
  const store = await place.open()

  const tries = await Promise.allSettled(Array.from({ length: 10 }, () => store.loadDocument('notes')))
  const afresh = await store.loadDocument('notes')
  await addNote(store, { id: 'n', text: 'x', created_at: at(0), expires_at: null })

  const told = tries.flatMap((each) => each.status === 'rejected' ? [each.reason.code] : [])
  t.strictSame([...new Set(told)], ['BRIDGE_RECORD_DAMAGED'], 'those who waited for that reading, nobody else')
  t.equal(afresh, null)
  t.equal(place.damaged.length, 1)
  t.strictSame((await store.loadDocument('notes'))?.notes.map(({ id }) => id), ['n'])
})

t.test('a crash during an erasure leaves the mark', async (t) => {
  let fails = true
  const disk = createDisk(async (piece) => piece.name === 'removeDurable' && fails
    ? { error: new Error('EIO: i/o error'), code: 'EIO', syscall: 'unlink' }
    : doDiskWork(piece))
  const place = filePlace(t, { disk })
  const store = await place.open()
  await store.update(dana, fact(dana, 'likes tea'))

  await t.rejects(store.update(dana, erase(at(5))), unavailable)

  t.match(JSON.parse(await readFile(place.markPath(dana), 'utf8')), { erased_at: at(5) })
  t.match(await store.load(dana), { record: null, erasedAt: at(5) }, 'it counts')
  fails = false
  t.match(await store.update(dana, erase(at(6))), { erasedAt: at(6) })
  t.strictSame([...(await filesUnder(place.folder)).keys()].filter((path) => path.startsWith('callers')), [])
  t.strictSame(readdirSync(dirname(place.recordPath(dana))), [])
})

t.test('of an erasure that a crash interrupted, no call start stays in the journal after the next start', async (t) => {
  const place = filePlace(t)
  const { ring } = callStart(dana, 'conv_1')({ record: null, erasedAt: null })
  const { ring: ofOtto } = callStart(otto, 'conv_2')({ record: null, erasedAt: null })
  const lines = [ring, ofOtto].map((each) => `${JSON.stringify({ ...each, had_record: false })}\n`)
  for (const path of [place.markPath(dana), join(place.folder, 'rings', '000001.jsonl')]) await mkdir(dirname(path), { recursive: true })
  await writeFile(place.markPath(dana), JSON.stringify({ phone_hash: dana, erased_at: at(5) }))
  await writeFile(join(place.folder, 'rings', '000001.jsonl'), lines.join(''))
  const journal = () => readdirSync(join(place.folder, 'rings')).map((name) => readFileSync(join(place.folder, 'rings', name), 'utf8')).join('')

  const store = await place.open()
  while (journal().includes('conv_')) await wait(5)

  t.strictSame(await store.load(dana), { record: null, erasedAt: at(5) })
  t.match(JSON.parse(await readFile(place.recordPath(otto), 'utf8')), { call_count: 1 }, 'another caller has theirs in the record')
})

t.test('a walk skips files that the system cannot read', async (t) => {
  const place = filePlace(t)
  const store = await place.open()
  const callers = [1, 2, 3].map(callerHash).toSorted()
  for (const caller of callers) await store.update(caller, fact(caller, 'likes tea'))
  await rm(place.recordPath(callers[1]!))
  await mkdir(place.recordPath(callers[1]!))

  const { callers: found, unreadable } = await store.list('all', null, 10)

  t.strictSame([found.map(({ phoneHash }) => phoneHash), unreadable], [[callers[0], callers[2]], [callers[1]]])
})
