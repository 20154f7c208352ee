import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { hashPrefix } from '../../src/phone/phone-hash.ts'
import { callerHash, fact, factsOf, filePlace } from '../stored.ts'
import { build } from '../helper.ts'

const dana = callerHash(1)

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

t.test('damage and a lost call start are logged as errors, with eight digits of the caller and no text of theirs', async (t) => {
  const DATA_DIR = newFolder()
  const app = await build(t, { DATA_DIR })
  const path = join(DATA_DIR, 'callers', dana.slice(0, 2), `${dana}.json`)
  await app.store.update(dana, fact(dana, 'grows orchids'))
  writeFileSync(path, readFileSync(path, 'utf8').slice(0, -9))
  // What was seen within half a second is not looked at again.
  await wait(600)

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
