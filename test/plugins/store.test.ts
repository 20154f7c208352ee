import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { StorageUnavailable } from '../../src/errors.ts'
import type { Disk } from '../../src/store/file/disk.ts'
import { DANA_HASH, neutral, postCall, ring, transcription, withoutToken } from '../fixtures/webhooks.ts'
import { ADMIN_KEY, build, folderNames } from '../helper.ts'
import { callerHash, callStart, directDisk, fact, factsOf, filePlace } from '../stored.ts'

const dana = callerHash(1)

// Data outlives one app here, and each app begins with a clean folder of its test: so it lies elsewhere.
const newFolder = folderNames(t)

async function addFact (app: FastifyInstance, fact: string) {
  return await app.inject({ method: 'POST', url: `/api/memory/${DANA_HASH}`, headers: { authorization: `Bearer ${ADMIN_KEY}` }, payload: { fact } })
}

const isError = (line: Record<string, unknown>) => Number(line['level']) >= 50

t.test('data lies in DATA_DIR, and is there at the next start', async (t) => {
  const DATA_DIR = newFolder()
  const app = await build(t, { DATA_DIR })
  await app.ready()
  const update = app.store.update(dana, fact(dana, 'likes tea'))
  await app.store.startCall(dana, callStart(dana, 'conv_1'))
  await app.close()
  await update

  const again = await build(t, { DATA_DIR })

  const { record } = await again.store.load(dana)
  t.match(record, { facts: [{ text: 'likes tea' }], call_count: 1 }, 'a write on its way was finished first')
})

t.test('a second bridge on the same folder does not start', async (t) => {
  const DATA_DIR = newFolder()
  await build(t, { DATA_DIR })

  await t.rejects(build(t, { DATA_DIR }), { code: 'BRIDGE_DATA_DIR_LOCKED', message: new RegExp(`process ${process.pid}`) })
})

t.test('a folder that cannot be used at start costs neutral answers, and everything works when it can be', async (t) => {
  const DATA_DIR = newFolder()
  const first = await build(t, { DATA_DIR })
  await first.store.update(DANA_HASH, fact(DANA_HASH, 'likes tea'))
  await first.close()
  let isFull = true
  const disk: Disk = {
    ...directDisk,
    prepareFolder: async (folder) => {
      if (isFull) throw new StorageUnavailable({ cause: new Error('ENOSPC: no space left on device, write') })
      await directDisk.prepareFolder(folder)
    }
  }

  const app = await build(t, { DATA_DIR }, { disk })
  await app.ready()
  const called = await ring(app)
  const others = [await addFact(app, 'lost'), await postCall(app, await transcription(), new Date()), await app.inject('/health/ready')]

  t.equal(called.statusCode, 200)
  t.strictSame(withoutToken(called.json()), neutral(called.json().user_id))
  t.strictSame(others.map(({ statusCode, headers }) => [statusCode, headers['retry-after']]), [[503, '5'], [503, '5'], [503, '5']])
  t.equal(app.lines.filter(({ msg }) => /^the storage cannot be used yet/.test(String(msg))).length, 1)
  t.match(app.lines.find(({ msg }) => /^the storage cannot be used yet/.test(String(msg))), { level: 50, err: { message: /ENOSPC/ } })
  isFull = false

  t.match((await ring(app)).json().conversation_config_override.agent.prompt.prompt, /likes tea/)
  t.equal((await addFact(app, 'likes cake')).statusCode, 200)
  t.equal((await postCall(app, await transcription(), new Date())).statusCode, 200)
  t.equal((await app.inject('/health/ready')).statusCode, 200)
  t.strictSame((await factsOf(app.store, DANA_HASH))?.slice(0, 2), ['likes tea', 'likes cake'])
  await t.rejects(build(t, { DATA_DIR }), { code: 'BRIDGE_DATA_DIR_LOCKED' }, 'it holds the lock')
})

t.test('a folder that somebody else has when it can be used again stays theirs, and readiness says whose it is', async (t) => {
  const DATA_DIR = newFolder()
  let isFull = true
  const disk: Disk = {
    ...directDisk,
    prepareFolder: async (folder) => {
      if (isFull) throw new StorageUnavailable()
      await directDisk.prepareFolder(folder)
    }
  }
  const app = await build(t, { DATA_DIR }, { disk })
  const other = await build(t, { DATA_DIR })
  isFull = false

  const called = await ring(app)
  const ready = await app.inject('/health/ready')
  t.strictSame(withoutToken(called.json()), neutral(called.json().user_id))
  t.strictSame([ready.statusCode, ready.json().code, ready.json().message], [503, 'BRIDGE_DATA_DIR_LOCKED', `DATA_DIR ${DATA_DIR} is in use by process ${process.pid}: only one bridge can use a folder`])
  await other.close()

  t.equal((await app.inject('/health/ready')).statusCode, 200)
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
  mkdirSync(join(DATA_DIR, 'rings', '000001.jsonl'), { recursive: true })
  mkdirSync(`${path}.tmp`)
  await app.store.startCall(dana, callStart(dana, 'conv_1'))
  await app.close()

  t.match(app.lines.filter(isError), [
    { msg: 'a damaged file was quarantined', file: /\.damaged-/ },
    { msg: 'call starts cannot be written: they stay in memory until they can', err: { code: 'BRIDGE_STORAGE_UNAVAILABLE' } },
    { msg: 'call starts were lost: they could not be written', calls: 1 }
  ])
  t.notMatch(JSON.stringify(app.lines), /orchids/)
})
