import { chmod, lstat, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { learnOwnNumber } from '../../../../src/calls/own-numbers.ts'
import { erase } from '../../../../src/caller/profile.ts'
import { StorageUnavailable } from '../../../../src/errors.ts'
import type { StoredText } from '../../../../src/store/driver.ts'
import { diskThreads, type Disk } from '../../../../src/store/file/disk.ts'
import { openFileDriver } from '../../../../src/store/file/file-driver.ts'
import { storeContract } from '../../../store-contract.ts'
import { addNote, at, callerHash, callStart, checks, directDisk, dropMarks, fact, factsOf, filePlace, filesUnder, silentLog } from '../../../stored.ts'

const dana = callerHash(1)
const note = { id: 'n1', text: 'open', created_at: at(0), expires_at: null }

/** As in production: the file work is done in threads. */
const threadedPlace: typeof filePlace = (t, overrides) => filePlace(t, { disk: diskThreads, ...overrides })

t.test('contract', async (t) => await storeContract(t, (t) => threadedPlace(t).open))

for (const step of ['listFolder', 'readFiles'] as const) {
  t.test(`a page has a caller whose call start is moved into the record during ${step}`, async (t) => {
    let meanwhile: (() => Promise<unknown>) | null = null
    const slow = async (...input: [never]) => {
      const work = meanwhile
      meanwhile = null
      const found = await directDisk[step](...input)
      await work?.()
      return found
    }
    const store = await filePlace(t, { disk: { ...directDisk, [step]: slow } }).open()
    await store.startCall(dana, callStart(dana, 'conv_1'))
    meanwhile = () => store.update(dana, fact(dana, 'likes tea'))

    t.match(await store.list('records', null, 10), { callers: [{ phoneHash: dana, record: { call_count: 1 } }] })
    t.equal(meanwhile, null)
  })
}

t.test('a write that hangs keeps only its own caller waiting', async (t) => {
  let goOn: () => void = () => {}
  const hanging = new Promise<void>((resolve) => { goOn = resolve })
  const writeDurable: Disk['writeDurable'] = async (path, ...rest) => {
    if (path.includes(dana)) await hanging
    return await directDisk.writeDurable(path, ...rest)
  }
  const store = await filePlace(t, { disk: { ...directDisk, writeDurable } }).open()

  const waiting = store.update(dana, fact(dana, 'likes tea'))
  await store.update(callerHash(2), fact(callerHash(2), 'likes rain'))

  t.strictSame(await factsOf(store, callerHash(2)), ['likes rain'])
  goOn()
  await waiting
})

t.test('each caller has a file of their own, where docs/memory.md says', async (t) => {
  const place = threadedPlace(t)
  const store = await place.open()
  await store.update(dana, fact(dana, 'likes tea'))
  await store.update(callerHash(2), erase(at(1)))
  await addNote(store, note)
  await learnOwnNumber(store, callerHash(3))
  await store.check()
  await store.close()

  const other = callerHash(2)
  t.strictSame([...(await filesUnder(place.folder)).keys()].sort(), [
    `callers/${dana.slice(0, 2)}/${dana}.json`, `erasures/${other.slice(0, 2)}/${other}.json`, 'notes.json', 'own-numbers.json'
  ])
  t.strictSame(JSON.parse(await readFile(place.markPath(other), 'utf8')), { phone_hash: other, erased_at: at(1) })
})

t.test('texts of any size are written at once, and their words do not stay in memory', async (t) => {
  const used: Uint8Array[] = []
  const writeDurable: Disk['writeDurable'] = async (path, text, base) => {
    used.push(text as Uint8Array)
    if (path.includes(callerHash(3))) throw new StorageUnavailable()
    return await directDisk.writeDurable(path, text, base)
  }
  const folder = join(t.testdir({}), 'data')
  const disk = { ...directDisk, writeDurable }
  const driver = await openFileDriver({ folder, disk, isRing: checks.ring, log: silentLog, now: () => new Date() })
  t.teardown(() => driver.close())
  const texts = ['plain', 'Gr\u00fc\u00dfe', '\u{1F600}\u4F60\u597D', 'lost', 'large '.repeat(1_000_000)]
  const keyOf = (n: number) => `callers/${callerHash(n)}`

  for (let round = 0; round < 2; round++) {
    const writes = texts.map((text, n) =>
      driver.write([{ key: keyOf(n), before: undefined as never, text: [text, '', `-${round}`] }], false))
    const done = await Promise.allSettled(writes)

    t.strictSame(done.map(({ status }) => status), ['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
    const read = await driver.read(texts.map((_, n) => keyOf(n))) as Array<StoredText | null>
    t.strictSame(read.map((each) => each?.text), texts.map((text) => text === 'lost' ? undefined : `${text}-${round}`))
  }
  t.equal(used.length, 10)
  for (const bytes of used) t.ok(bytes.every((byte) => byte === 0))
})

t.test('only the owner may read', async (t) => {
  const old = t.testdir({ data: {} })
  await chmod(join(old, 'data'), 0o755)
  for (const folder of [join(old, 'data'), join(old, 'new', 'data')]) {
    const store = await threadedPlace(t, { folder }).open()
    await store.update(dana, fact(dana, 'likes tea'))
    await store.update(callerHash(2), erase(at(1)))
    await addNote(store, note)

    t.equal((await stat(folder)).mode & 0o777, 0o700, 'DATA_DIR, also when it was open before')
    for (const name of await readdir(folder, { recursive: true })) {
      const entry = await lstat(join(folder, name))
      t.equal(entry.mode & 0o777, entry.isDirectory() ? 0o700 : 0o600, name)
    }
    await store.close()
  }
})

t.test('a call start does not wait for the disk, and is in the record when the store is closed', async (t) => {
  const place = threadedPlace(t)
  const store = await place.open()

  await store.startCall(dana, callStart(dana, 'conv_1'))

  t.notOk(existsSync(place.recordPath(dana)))
  await store.close()
  t.ok(existsSync(place.recordPath(dana)))
})

t.test('a change that changes nothing does not touch the file', async (t) => {
  const place = threadedPlace(t)
  const store = await place.open()
  await store.update(dana, fact(dana, 'likes tea'))
  const before = await stat(place.recordPath(dana), { bigint: true })

  await store.update(dana, (caller) => ({ caller, result: null }))
  await store.update(dana, fact(dana, 'likes tea'))

  const after = await stat(place.recordPath(dana), { bigint: true })
  t.strictSame([after.ino, after.ctimeNs], [before.ino, before.ctimeNs])
})

t.test('readers never see half a file', async (t) => {
  const place = threadedPlace(t)
  const store = await place.open()
  await store.update(dana, fact(dana, 'x'.repeat(1000)))
  const writing = new AbortController()
  let reads = 0
  let most = 0

  const reader = (async () => {
    while (!writing.signal.aborted) {
      const { facts } = JSON.parse(readFileSync(place.recordPath(dana), 'utf8'))
      if (facts.length < most) t.fail(`an older state came back: ${facts.length} after ${most}`)
      most = facts.length
      reads++
      await new Promise((resolve) => setImmediate(resolve))
    }
  })()
  for (let n = 0; n < 40; n++) await store.update(dana, fact(dana, `${n} ${'y'.repeat(900)}`))
  writing.abort()
  await reader

  t.ok(reads > 40, `${reads} reads`)
  t.ok(most >= 40)
})

t.test('temp files and foreign files are not callers', async (t) => {
  const place = threadedPlace(t)
  const store = await place.open()
  await store.update(dana, fact(dana, 'likes tea'))
  const shard = dirname(place.recordPath(dana))
  await writeFile(`${place.recordPath(dana)}.tmp`, '{')
  await writeFile(join(shard, `${dana}.json.tmp.json`), '{')
  await writeFile(join(shard, `${dana}.json.damaged-2026`), '{')
  await writeFile(join(dirname(shard), '.DS_Store'), '')
  await mkdir(join(dirname(shard), 'lost+found'))

  for (const kind of ['records', 'all'] as const) {
    const { callers, unreadable } = await store.list(kind, null, 10)
    t.strictSame([callers.map(({ phoneHash }) => phoneHash), unreadable], [[dana], []], kind)
  }
  t.strictSame(place.damaged, [])
})

t.test('temp files left by a crash are removed soon after the start, wherever they are', async (t) => {
  const place = threadedPlace(t)
  const paths = [place.recordPath(dana), place.markPath(dana), join(place.folder, 'queue', '7a', `${dana}.json`), join(place.folder, 'notes.json')]
  for (const path of paths) {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(`${path}.tmp`, 'grows orch')
  }
  await writeFile(join(place.folder, 'callers', 'README'), 'a file of the operator\'s')

  const store = await place.open()
  while (paths.some((path) => existsSync(`${path}.tmp`))) await new Promise(setImmediate)

  t.strictSame([...(await filesUnder(place.folder)).keys()].sort(), ['bridge.lock', 'callers/README'])
  await store.close()
})

t.test('temp files that cannot be removed hold up nothing, and are logged', async (t) => {
  const left: unknown[] = []
  const cause = new StorageUnavailable()
  const place = filePlace(t, {
    disk: { ...directDisk, removeTemps: async () => { throw cause } },
    log: { ...silentLog, warn: (fields) => left.push(fields) }
  })

  const store = await place.open()

  t.equal((await store.update(dana, fact(dana, 'likes tea'))).totalFacts, 1)
  await store.close()
  t.strictSame(left, [{ err: cause }])
})

t.test('closing a store ends the removal of temp files, and waits for it', async (t) => {
  let removals = 0
  let go = () => {}
  const going = new Promise<void>((resolve) => { go = resolve })
  const place = filePlace(t, { disk: { ...directDisk, removeTemps: async () => { removals++; await going } } })
  for (const shard of ['00', '01', '02']) await mkdir(join(place.folder, 'callers', shard), { recursive: true })
  const store = await place.open()

  const closing = store.close()
  await t.rejects(place.open(), { code: 'BRIDGE_DATA_DIR_LOCKED' }, 'the folder is still ours')
  go()
  await closing

  t.equal(removals, 1)
  t.notOk(existsSync(join(place.folder, 'bridge.lock')))
})

t.test('no byte of an erased caller is left', async (t) => {
  const secret = 'grows orchids'
  const cases: Record<string, (place: ReturnType<typeof filePlace>) => Promise<unknown>> = {
    'set-aside copies': (place) => writeFile(`${place.recordPath(dana)}.damaged-2025`, secret),
    'the temp file of a crash': (place) => writeFile(`${place.recordPath(dana)}.tmp`, secret)
  }
  for (const [what, prepare] of Object.entries(cases)) {
    for (const isKnown of [true, false]) {
      await t.test(`${what}, ${isKnown ? 'with' : 'without'} a record`, async (t) => {
        const place = threadedPlace(t)
        const store = await place.open()
        await mkdir(dirname(place.recordPath(dana)), { recursive: true })
        if (isKnown) await store.update(dana, fact(dana, secret))
        await prepare(place)

        await store.update(dana, erase(at(5)))

        const files = await filesUnder(place.folder)
        t.strictSame([...files].filter(([, bytes]) => bytes.includes(secret)).map(([path]) => path), [])
        t.ok(existsSync(place.markPath(dana)))
      })
    }
  }
})

t.test('a sweep of marks ignores other files', async (t) => {
  const place = threadedPlace(t)
  const store = await place.open()
  await store.update(dana, erase(at(1)))
  await writeFile(place.markPath(dana), '{"phone_hash":')

  t.equal(await dropMarks(store, at(9)), 0)
  t.equal(await dropMarks(store, at(9)), 0)

  t.equal(place.damaged.length, 1, 'a damaged mark is quarantined once')
  t.equal((await readdir(dirname(place.markPath(dana)))).length, 1)
})

t.test('damaged own numbers are quarantined, and do not keep the bridge from starting', async (t) => {
  const folder = t.testdir({ 'own-numbers.json': '{"version":1' })
  const place = threadedPlace(t, { folder })
  const store = await place.open()

  await t.rejects(store.loadDocument('own-numbers'), { code: 'BRIDGE_RECORD_DAMAGED' })
  t.equal(await store.loadDocument('own-numbers'), null)
  t.equal(await factsOf(store, dana), null)
  t.match(place.damaged, [/^own-numbers\.json\.damaged-/])
})

t.test('own numbers that cannot be read are an error when asked for, and do not block other data', async (t) => {
  const folder = t.testdir({ 'own-numbers.json': {} })
  const store = await threadedPlace(t, { folder }).open()

  await t.rejects(store.loadDocument('own-numbers'), { code: 'BRIDGE_STORAGE_UNAVAILABLE' })
  await t.rejects(learnOwnNumber(store, dana), { code: 'BRIDGE_STORAGE_UNAVAILABLE' })
  t.equal((await store.update(dana, fact(dana, 'likes tea'))).totalFacts, 1)
})
