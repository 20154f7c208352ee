import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { erase } from '../../src/caller/profile.ts'
import { hashPhone, hashPrefix } from '../../src/phone/phone-hash.ts'
import type { CallerPage } from '../../src/store/store.ts'
import { callerHash, fact, factsOf, filePlace } from '../stored.ts'
import { build } from '../helper.ts'

const dana = callerHash(1)
const DAY_MS = 24 * 60 * 60 * 1000
const now = () => new Date('2026-11-22T09:30:00.000Z')
const daysAgo = (days: number) => new Date(now().getTime() - days * DAY_MS).toISOString()
const OWN = '+15550100200'

// Data outlives one app here, and each app begins with a clean folder of its test: so it lies elsewhere.
const root = t.testdir({})
let folders = 0
const newFolder = () => join(root, `data-${++folders}`)

const isError = (line: Record<string, unknown>) => Number(line['level']) >= 50

t.test('data lies in DATA_DIR, and is there at the next start', async (t) => {
  const DATA_DIR = newFolder()
  const app = await build(t, { DATA_DIR })
  await app.ready()
  await app.store.updateSoon(dana, fact(dana, 'likes tea'))
  await app.close()

  const again = await build(t, { DATA_DIR })

  t.strictSame(await factsOf(again.store, dana), ['likes tea'], 'a write on its way was finished first')
})

t.test('a second bridge on the same folder does not start', async (t) => {
  const DATA_DIR = newFolder()
  await build(t, { DATA_DIR })

  await t.rejects(build(t, { DATA_DIR }), { code: 'BRIDGE_DATA_DIR_LOCKED', message: new RegExp(`process ${process.pid}`) })
})

t.test('a folder that cannot be used ends the start', async (t) => {
  const file = newFolder()
  writeFileSync(file, '')

  await t.rejects(build(t, { DATA_DIR: join(file, 'data') }), { code: 'BRIDGE_STORAGE_UNAVAILABLE' })
})

t.test('a store can be handed in, and is closed with the app', async (t) => {
  const place = filePlace(t, { folder: newFolder() })
  const store = await place.open()
  const app = await build(t, {}, { store })

  t.equal(app.store, store)
  await app.close()

  await t.resolves(place.open(), 'it has let go of its folder')
})

t.test('old erasure marks are dropped at start, by ERASURE_MARK_DAYS', async (t) => {
  for (const [days, kept] of [['30', [29, 30]], ['', [29, 30, 31, 90]]] as const) {
    const place = filePlace(t, { folder: newFolder() })
    const store = await place.open()
    const ages = [29, 30, 31, 90, 91]
    for (const age of ages) await store.update(callerHash(age), erase(daysAgo(age)))

    const app = await build(t, { ERASURE_MARK_DAYS: days }, { store, now })
    await app.ready()
    await app.close()

    const again = await place.open()
    const left = []
    for (const age of ages) if ((await again.load(callerHash(age))).erasedAt !== null) left.push(age)
    t.strictSame(left, kept)
    await again.close()
    t.match(app.lines.filter(({ msg }) => msg === 'old erasure marks dropped'), [{ level: 30, marks: 5 - kept.length }])
  }
})

t.test('a sweep that fails is logged, and the bridge starts', async (t) => {
  const DATA_DIR = newFolder()
  mkdirSync(DATA_DIR)
  writeFileSync(join(DATA_DIR, 'erasures'), 'a file')
  const app = await build(t, { DATA_DIR })

  await app.ready()
  await app.close()

  t.match(app.lines.filter(isError), [{ msg: 'old erasure marks could not be dropped', err: { code: 'BRIDGE_STORAGE_UNAVAILABLE' } }])
})

t.test('the start does not wait for a sweep that takes long', async (t) => {
  const place = filePlace(t, { folder: newFolder() })
  const store = await place.open()
  let finish = (_page: CallerPage) => {}
  t.intercept(store, 'list', { value: () => new Promise<CallerPage>((resolve) => { finish = resolve }) })
  const app = await build(t, {}, { store, now })

  await app.ready()
  t.equal((await app.inject('/health')).statusCode, 200)
  finish({ callers: [], unreadable: [], next: null })
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
  await app.close()

  t.match(app.lines.filter(isError).map(({ err }) => (err as { code: string } | undefined)?.code), [
    undefined, 'BRIDGE_RECORD_DAMAGED', 'BRIDGE_STORAGE_UNAVAILABLE'
  ])
})

t.test('damage and a lost call start are logged as errors, with eight digits of the caller and no text of theirs', async (t) => {
  const DATA_DIR = newFolder()
  const app = await build(t, { DATA_DIR })
  const path = join(DATA_DIR, 'callers', dana.slice(0, 2), `${dana}.json`)
  await app.store.update(dana, fact(dana, 'grows orchids'))
  writeFileSync(path, readFileSync(path, 'utf8').slice(0, -9))

  await t.rejects(app.store.load(dana), { code: 'BRIDGE_RECORD_DAMAGED' })
  mkdirSync(`${path}.tmp`)
  await app.store.updateSoon(dana, fact(dana, 'grows orchids'))
  await app.close()

  t.match(app.lines.filter(isError), [
    { msg: 'a damaged file was set aside', file: /\.damaged-/ },
    { msg: 'a call start was not recorded', caller: hashPrefix(dana), err: { code: 'BRIDGE_STORAGE_UNAVAILABLE' } }
  ])
  t.notMatch(JSON.stringify(app.lines), /orchids/)
})
