import { mkdirSync, readFileSync, readdirSync, rmSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { OpenRing } from '../../../../schemas/caller-record.ts'
import { openRingJournal, readRingJournal } from '../../../../src/store/file/ring-journal.ts'
import { at, callerHash, checks, directDisk } from '../../../stored.ts'

const [dana, otto] = [callerHash(1), callerHash(2)]

function ring (phoneHash: string, n: number): OpenRing {
  return {
    phone_hash: phoneHash,
    at: at(n),
    conversation_id: `conv_${n}`,
    call_sid: null,
    direction: 'inbound',
    session_id: `sessiön-${n}`,
    told: [`fact-${n}`],
    had_record: false,
    erased_at: null
  }
}

async function place (t: Test, overrides: Partial<typeof directDisk> = {}) {
  let last: Awaited<ReturnType<typeof openRingJournal>> | undefined
  // Before t.testdir(): tap would else take the folder away first.
  t.teardown(() => last?.close())
  const folder = t.testdir({})
  const rings = join(folder, 'rings')
  const logged: string[] = []
  const log = (_: object, message: string) => logged.push(message)
  const parts = { folder, disk: { ...directDisk, ...overrides }, isRing: checks.ring }
  return {
    rings,
    logged,
    open: async () => (last = await openRingJournal({ ...parts, log: { info: log, warn: log, error: log } })),
    read: () => readRingJournal(parts),
    names: () => readdirSync(rings),
    text: () => readdirSync(rings).map((name) => readFileSync(join(rings, name), 'utf8')).join('')
  }
}

t.test('rings are there at the next start, also after a crash, in their order', async (t) => {
  const { open, read, rings, names } = await place(t)
  const journal = await open()
  const all = [1, 2, 3].map((n) => ring(n === 2 ? otto : dana, n))
  for (const each of all) t.equal(journal.add(each), true)
  t.strictSame(journal.of(dana), [all[0], all[2]])
  await journal.written()

  t.strictSame((await read()).of(dana), [all[0], all[2]], 'somebody who reads beside')
  const again = await open()
  t.strictSame([again.of(dana), again.of(otto)], [[all[0], all[2]], [all[1]]])
  t.strictSame(again.callers().sort(), [dana, otto].sort())
  t.strictSame(again.overdue(at(2)), [dana])
  await again.written()
  t.strictSame(names(), ['000002.jsonl'], 'what was there is moved into a new file')
  t.equal(statSync(join(rings, '000002.jsonl')).mode & 0o777, 0o600)
  t.equal(statSync(rings).mode & 0o777, 0o700)
})

t.test('rings of a moment share a write', async (t) => {
  const writes: number[] = []
  const { open, text } = await place(t, {
    async writeLines (work) {
      writes.push(work.text.length)
      await directDisk.writeLines(work)
    }
  })
  const journal = await open()

  for (let n = 0; n < 100; n++) journal.add(ring(dana, n))
  t.strictSame(writes, [])
  while (writes.length === 0) await wait(1)
  await journal.written()

  t.equal(writes.length, 1)
  t.equal(text().trim().split('\n').length, 100)
})

t.test('a removed ring leaves no trace in the file', async (t) => {
  const { open, text } = await place(t)
  const journal = await open()
  const [first, second, third] = [ring(dana, 1), ring(otto, 2), ring(dana, 3)]
  for (const each of [first, second, third]) journal.add(each)
  await journal.written()

  journal.remove([first, third])
  await journal.written()

  t.notMatch(text(), new RegExp(`${dana}|conv_1|conv_3`))
  t.match(text(), /conv_2/)
  t.strictSame([journal.of(dana), journal.of(otto)], [[], [second]])
  t.strictSame((await open()).callers(), [otto])
})

t.test('a ring that is removed before or while it is written is not there afterwards', async (t) => {
  let during = () => {}
  const { open, text } = await place(t, { writeLines: async (work) => { during(); await directDisk.writeLines(work) } })
  const journal = await open()
  const [first, second, third] = [ring(dana, 1), ring(dana, 2), ring(otto, 3)]
  for (const each of [first, second, third]) journal.add(each)
  journal.remove([first])
  during = () => journal.remove([second])

  await journal.written()
  await journal.written()

  t.notMatch(text(), new RegExp(dana))
  t.match(text(), /conv_3/)
})

t.test('a full file is left, and deleted with its last ring', async (t) => {
  const { open, names } = await place(t)
  const journal = await open()
  const many = Array.from({ length: 4000 }, (_, n) => ring(dana, n))
  for (const each of many) journal.add(each)
  await journal.written()
  const last = ring(otto, 1)
  journal.add(last)
  await journal.written()
  t.strictSame(names(), ['000001.jsonl', '000002.jsonl'])

  journal.remove(many)
  await journal.written()

  t.strictSame(names(), ['000002.jsonl'])
  t.strictSame((await open()).callers(), [otto])
})

t.test('a write that fails is tried again, and cuts off what it left', async (t) => {
  let left = 1
  const { open, logged, rings, text } = await place(t, {
    writeLines: async (work) => {
      if (left-- > 0) {
        mkdirSync(rings, { recursive: true })
        writeFileSync(work.path, work.text.slice(0, -40))
        return await directDisk.readFiles([join(rings, 'x'), rings]) as never
      }
      await directDisk.writeLines(work)
    }
  })
  const journal = await open()
  const [first, second] = [ring(dana, 1), ring(otto, 2)]
  journal.add(first)
  journal.add(second)

  await t.rejects(journal.written(), { code: 'BRIDGE_STORAGE_UNAVAILABLE' })
  t.strictSame(journal.of(dana), [first], 'it counts meanwhile')
  journal.remove([first])
  await journal.written()

  t.strictSame(logged, ['call starts cannot be written: they stay in memory until they can', 'call starts can be written again'])
  t.equal(text(), `${JSON.stringify(second)}\n`)
})

t.test('when the disk hangs, some twenty thousand rings wait, and no more', async (t) => {
  let go = () => {}
  const going = new Promise<void>((resolve) => { go = resolve })
  const { open } = await place(t, { writeLines: async () => { await going } })
  const journal = await open()

  let added = 0
  while (added < 30_000 && journal.add(ring(callerHash(added), 1))) added++

  t.equal(added, 20_000)
  go()
})

t.test('lines that are not whole are left out, and logged', async (t) => {
  const { open, rings, logged } = await place(t)
  mkdirSync(rings)
  const good = ring(dana, 1)
  writeFileSync(join(rings, '000007.jsonl'), `${JSON.stringify(good)}\n{"phone_hash":"x"}\n      \n{"phone_ha`)
  writeFileSync(join(rings, 'README'), 'of the operator')

  const journal = await open()
  await journal.written()

  t.strictSame([journal.of(dana), journal.callers()], [[good], [dana]])
  t.strictSame(logged, ['some call starts could not be read back: their call ends will add them'])
  t.strictSame(readdirSync(rings).sort(), ['000008.jsonl', 'README'])
})

t.test('a file that is deleted by hand is begun again, and its calls stay known', async (t) => {
  const { open, rings, logged } = await place(t)
  const journal = await open()
  const [first, second] = [ring(dana, 1), ring(otto, 2)]
  journal.add(first)
  await journal.written()
  rmSync(rings, { recursive: true })

  journal.add(second)
  await journal.written()

  t.strictSame([journal.of(dana), journal.of(otto)], [[first], [second]])
  const again = await open()
  t.strictSame([again.callers(), logged], [[otto], []])
})

t.test('calls of two midnights ago are overdue, also after a restart', async (t) => {
  const { open } = await place(t)
  const journal = await open()
  const day = 24 * 60 * 60
  const days = [0, 1, 2].map((n) => ring(callerHash(n), n * day))
  for (const each of days) journal.add(each)
  await journal.written()

  for (const each of [journal, await open()]) {
    t.strictSame(each.overdue(at(2 * day - 3600)), [callerHash(0), callerHash(1)])
    t.strictSame(each.overdue(at(2 * day + 3600)), days.map((overdue) => overdue.phone_hash))
  }
})

t.test('what cannot be written at the end is logged', async (t) => {
  const { open, rings, logged } = await place(t)
  const journal = await open()
  mkdirSync(join(rings, '000001.jsonl'), { recursive: true })
  journal.add(ring(dana, 1))

  await journal.close()

  t.equal(logged.at(-1), 'call starts were lost: they could not be written')
  rmdirSync(join(rings, '000001.jsonl'))
})
