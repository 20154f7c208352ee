/** EMBEDDINGS_MODEL, seen from outside: what is found, what is stored and where it goes, and what is sent. */
import { createHmac, randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { activeRecord } from '../src/caller/caller.ts'
import { storedVectors } from '../src/recall/record-vectors.ts'
import { DANA, DANA_HASH, postCall, recordPath, ring, testClock, transcription, withoutToken, type Json } from './fixtures/webhooks.ts'
import { startEmbeddings, until } from './fake-embeddings.ts'
import { ADMIN_KEY, admin, build, folderNames } from './helper.ts'
import { sharedPostgres } from './postgres.ts'
import { callOf, recordOf, useTool } from './routes/tools/client.ts'
import { filesUnder } from './stored.ts'

type App = Awaited<ReturnType<typeof build>>
type Env = Record<string, string>

// Data outlives one app here, and each app begins with a clean folder of its test: so it lies elsewhere.
const newFolder = folderNames(t)
const server = await sharedPostgres()

/** By then vectors would have been made. */
const AWHILE_MS = 600
/** After so long a file that was changed by hand is seen as it is. */
const FRESH_MS = 1100

const NOTHING = 'Nothing about that is on file for this caller yet.'

async function started (t: Test, { env = {} }: { env?: Env } = {}) {
  const clock = testClock()
  const fake = await startEmbeddings(t)
  const settings = { EMBEDDINGS_MODEL: 'small', OPENCLAW_API_BASE_URL: fake.url, DATA_DIR: newFolder(), ...env }
  const start = async (more: Env = {}) => {
    const app = await build(t, { ...settings, ...more }, { now: clock.now, questionMs: 20_000 })
    await app.ready()
    return app
  }
  return { fake, clock, settings, start, app: await start() }
}

async function vectorsOf (app: App, phoneHash = DANA_HASH): Promise<string[]> {
  const record = activeRecord(await app.store.load(phoneHash))
  return record === null ? [] : [...storedVectors(record).values()]
}

/** Resolves to the vectors of a caller, once there are so many. */
async function vectors (app: App, count: number, phoneHash = DANA_HASH): Promise<string[]> {
  await until(async () => (await vectorsOf(app, phoneHash)).length === count)
  return await vectorsOf(app, phoneHash)
}

const bits = (vector: string) => vector.split(' ')[2]!

/** Which of the vectors are anywhere in the folder. */
async function left (app: App, all: string[]): Promise<string[]> {
  const bytes = Buffer.concat([...(await filesUnder(app.config.DATA_DIR)).values()])
  return all.filter((vector) => bytes.includes(bits(vector)))
}

/** Dana has a fact, a note and a call with a transcript: four vectors. */
async function filled (app: App, clock: ReturnType<typeof testClock>): Promise<string[]> {
  await ring(app, { conversation_id: 'conv_0001' })
  await admin(app, 'POST', `/memory/${DANA_HASH}`, { fact: 'Owns a hound' })
  await admin(app, 'POST', '/notes', { note: 'Bring the ladder', phone_hash: DANA_HASH })
  await postCall(app, await transcription((data) => {
    data.conversation_id = 'conv_0001'
    data.analysis.data_collection_results = {}
    data.analysis.call_summary_title = 'Hedge talk'
    data.analysis.transcript_summary = 'About hedges.'
    data.transcript = [{ role: 'user', message: 'My parcel never came.' }, { role: 'agent', message: 'I am sorry.' }]
  }), clock.now())
  return await vectors(app, 4)
}

const TRANSCRIPTS = { STORE_TRANSCRIPTS: 'true' }

t.test('a paraphrase is found with EMBEDDINGS_MODEL, and not without', async (t) => {
  const { fake, start, app, clock } = await started(t, { env: TRANSCRIPTS })
  await filled(app, clock)
  const dana = await callOf(app, 'conv_0002')

  t.match(await dana.recall('Which animals?'), /Owns a hound/)
  t.match(await dana.recall('Was there trouble with a delivery?'), /My parcel never came/)
  t.equal(await dana.recall('Where was the wedding?'), NOTHING)
  t.match(await dana.recall('the hound'), /Owns a hound/)

  await app.close()
  const asked = fake.requests.length
  const without = await start({ EMBEDDINGS_MODEL: '' })
  const again = await callOf(without, 'conv_0003')
  t.equal(await again.recall('Which animals?'), NOTHING)
  t.match(await again.recall('the hound'), /Owns a hound/)
  await again.remember('Likes tea')
  await sleep(AWHILE_MS)
  t.equal(fake.requests.length, asked, 'nobody is asked')
  t.equal(without.meanings, null)
})

t.test('vectors are made of all that is stored, whoever stores it, and outlive a restart', async (t) => {
  const { fake, start, app, clock } = await started(t, { env: TRANSCRIPTS })
  await filled(app, clock)
  t.strictSame(fake.texts().sort(), ['Bring the ladder', 'Hedge talk\nAbout hedges.', 'My parcel never came.\nI am sorry.', 'Owns a hound'])
  const dana = await callOf(app, 'conv_0002')
  await dana.remember('Likes green tea')
  await vectors(app, 5)
  await dana.correct('green tea', 'Likes black tea')
  await until(async () => (await recordOf(app)).facts.at(-1).vector !== undefined)
  const all = await vectors(app, 5)
  t.strictSame((await recordOf(app)).facts.map(({ text, vector }: Json) => [text, vector !== undefined]), [['Owns a hound', true], ['Likes green tea', false], ['Likes black tea', true]])

  const sent = fake.texts().length
  await app.close()
  const restarted = await start()
  t.strictSame(await vectorsOf(restarted), all)
  t.match(await (await callOf(restarted, 'conv_0003')).recall('Which animals?'), /Owns a hound/)
  t.strictSame(fake.texts().slice(sent), ['Which animals?'], 'nothing is sent twice')
})

t.test('callers of before the setting get theirs when they ring, and not before', async (t) => {
  const { fake, start, app, settings } = await started(t, { env: { EMBEDDINGS_MODEL: '' } })
  await admin(app, 'POST', `/memory/${DANA_HASH}`, { fact: 'Owns a hound' })
  await app.close()
  const later = await start({ EMBEDDINGS_MODEL: 'small' })
  t.equal(settings.EMBEDDINGS_MODEL, '')
  await sleep(AWHILE_MS)
  t.strictSame(fake.texts(), [])

  const dana = await callOf(later, 'conv_0001')
  t.equal(await dana.recall('Which animals?'), NOTHING)
  await vectors(later, 1)
  t.match(await dana.recall('Which animals?'), /Owns a hound/)
})

t.test('a call start is the same, and waits for no vector', async (t) => {
  const { fake, start, app, clock } = await started(t, { env: TRANSCRIPTS })
  await filled(app, clock)
  fake.trouble = 'hang'
  const with_ = withoutToken((await ring(app, { conversation_id: 'conv_0009' })).json())
  t.notMatch(JSON.stringify(with_), new RegExp((await vectorsOf(app)).map(bits).join('|')))
  await app.close()
  const without = await start({ EMBEDDINGS_MODEL: '' })
  t.strictSame(withoutToken((await ring(without, { conversation_id: 'conv_0009' })).json()), with_)
})

t.test('a stop breaks off a request that hangs', async (t) => {
  const { fake, app } = await started(t)
  fake.trouble = 'hang'
  await admin(app, 'POST', `/memory/${DANA_HASH}`, { fact: 'Owns a hound' })
  await until(() => fake.requests.length === 1)
  t.equal(fake.brokenOff, 0)

  await app.close()

  await until(() => fake.brokenOff === 1)
})

t.test('another model has all made anew, and takes no notice of the former ones', async (t) => {
  const { fake, start, app, clock } = await started(t, { env: TRANSCRIPTS })
  const former = await filled(app, clock)
  await app.close()
  const sent = fake.texts().length
  const changed = await start({ EMBEDDINGS_MODEL: 'large' })
  const dana = await callOf(changed, 'conv_0002')
  t.equal(await dana.recall('Which animals?'), NOTHING)
  await until(async () => (await vectorsOf(changed)).every((vector) => !former.includes(vector)))

  t.equal(fake.requests.at(-1)!.body.model, 'large')
  t.equal(fake.texts().slice(sent).length, 5)
  t.equal((await vectorsOf(changed)).length, 4)
  t.match(await dana.recall('Which animals?'), /Owns a hound/)
})

t.test('nothing about another caller is compared', async (t) => {
  const { fake, app } = await started(t)
  await callOf(app, 'conv_0001')
  const otto = await callOf(app, 'conv_0002', { caller_id: '+15550100124' })
  await otto.remember('Owns a hound')
  await otto.remember('Likes tea')
  await until(() => fake.texts().length === 2)
  const dana = await callOf(app, 'conv_0003')
  await dana.remember('Plays the piano')
  await vectors(app, 1)
  t.equal(await dana.recall('Which animals?'), NOTHING)
  t.match(await otto.recall('Which animals?'), /Owns a hound/)
})

t.test('what is sent is masked as what is stored', async (t) => {
  const { fake, app } = await started(t)
  const dana = await callOf(app, 'conv_0001')
  await dana.remember('Owns a hound')
  await vectors(app, 1)
  await dana.recall(`Is the animal of ${DANA} on card 4111 1111 1111 1111?`)
  t.match(fake.texts().at(-1), /^Is the animal of/)
  t.notMatch(JSON.stringify(fake.texts()), /5550100123|4111/)
})

t.test('a forgotten fact takes its vector along, and those of what was said about it', async (t) => {
  const { app, clock } = await started(t, { env: TRANSCRIPTS })
  const dana = await callOf(app, 'conv_0001')
  await dana.remember('Allergic to peanuts')
  await postCall(app, await transcription((data) => {
    data.conversation_id = 'conv_0001'
    data.analysis.data_collection_results = {}
    data.transcript = [{ role: 'user', message: 'I am allergic to peanuts.' }, { role: 'agent', message: 'Noted, have a nice day.' }]
  }), clock.now())
  const all = await vectors(app, 3)
  const again = await callOf(app, 'conv_0002')
  t.match(await again.forget('allergic to peanuts'), /deleted/)

  t.strictSame((await left(app, all)).filter((vector) => all.indexOf(vector) === 0), [], 'with the answer, not later')
  t.notOk((await left(app, all)).includes(all[2]!))
  await vectors(app, 2)
  t.strictSame((await left(app, all)).length, 1, 'of the summary')
})

const DELETIONS: Record<string, (app: App, clock: ReturnType<typeof testClock>) => Promise<unknown>> = {
  'an erasure': (app) => admin(app, 'DELETE', `/memory/${DANA_HASH}`),
  'an opt-out': (app) => admin(app, 'PATCH', `/memory/${DANA_HASH}`, { remember: false }),
  'deletion by hand': async (app) => {
    await rm(recordPath(app))
    await sleep(FRESH_MS)
  },
  'forgetting everything': async (app, clock) => {
    const dana = await callOf(app, 'conv_0009')
    await dana.forget('everything')
    clock.pass(3)
    await dana.forget('everything', true)
  }
}

for (const [what, remove] of Object.entries(DELETIONS)) {
  t.test(`${what} leaves no vector`, async (t) => {
    const { app, clock } = await started(t, { env: { ...TRANSCRIPTS, FORGET_BY_CALL: 'erase' } })
    const all = await filled(app, clock)
    t.equal((await left(app, all)).length, 4)
    await remove(app, clock)
    await sleep(AWHILE_MS)
    t.strictSame(await left(app, all), [])
    t.strictSame(await vectorsOf(app), [])
  })
}

t.test('an erasure while vectors are being made leaves none', async (t) => {
  const { fake, app } = await started(t)
  await ring(app, { conversation_id: 'conv_0001' })
  let release = () => {}
  const erased = new Promise<void>((resolve) => { release = resolve })
  await app.store.load(DANA_HASH)
  fake.trouble = () => {
    void admin(app, 'DELETE', `/memory/${DANA_HASH}`).then(release)
    return null
  }
  await admin(app, 'POST', `/memory/${DANA_HASH}`, { fact: 'Owns a hound' })
  await erased
  await sleep(AWHILE_MS)
  t.match(await app.store.load(DANA_HASH), { record: null })
  t.strictSame([...await filesUnder(app.config.DATA_DIR)].filter(([, bytes]) => /"vector/.test(bytes.toString())), [])
})

t.test('what the operator deletes, and what a sweep removes, takes its vector along', async (t) => {
  const { app, clock, start } = await started(t, { env: { ...TRANSCRIPTS, RETENTION_DAYS: '30' } })
  const expires = '2026-10-20T00:00:00Z'
  await filled(app, clock)
  await admin(app, 'POST', `/memory/${DANA_HASH}`, { fact: 'Likes tea', expires_at: expires })
  const all = await vectors(app, 5)
  const { facts: [hound, tea] } = await recordOf(app)
  await admin(app, 'DELETE', `/memory/${DANA_HASH}/facts/${hound.id}`)
  t.strictSame(await left(app, [hound.vector]), [])
  await app.close()

  clock.pass(7 * 24 * 60 * 60)
  const later = await start()
  await until(() => later.lines.some(({ msg }) => msg === 'a sweep is finished'))
  t.strictSame(await left(later, [tea.vector]), [])
  await later.close()
  clock.pass(31 * 24 * 60 * 60)
  const last = await start()
  await until(() => last.lines.some(({ msg, erased }) => msg === 'a sweep is finished' && erased === 1))
  t.strictSame(await left(last, all), [])
})

t.test('vectors are sealed with the record, also those from before there was a key', async (t) => {
  const { app, clock, start } = await started(t, { env: TRANSCRIPTS })
  const all = await filled(app, clock)
  await app.close()
  const sealed = await start({ DATA_ENCRYPTION_KEY: randomBytes(32).toString('base64') })
  t.equal((await admin(sealed, 'POST', '/seal', { after: null })).status, 200)
  t.strictSame(await left(sealed, all), [])
  t.strictSame(await vectorsOf(sealed), all)
})

t.test('vectors move to the keyed hash with their caller', async (t) => {
  const { fake, app, clock, start } = await started(t, { env: TRANSCRIPTS })
  const all = await filled(app, clock)
  const sent = fake.texts().length
  await app.close()
  const key = 'a-long-phone-hash-key-for-tests'
  const moved = await start({ PHONE_HASH_KEY: key })
  const dana = await callOf(moved, 'conv_0002')
  t.strictSame(await vectorsOf(moved, createHmac('sha256', key).update(DANA).digest('hex')), all)
  t.match(await dana.recall('Which animals?'), /Owns a hound/)
  t.strictSame(fake.texts().slice(sent), ['Which animals?'])
  t.notOk([...await filesUnder(moved.config.DATA_DIR)].some(([name]) => name.includes(DANA_HASH)))
})

t.test('the export has them', async (t) => {
  const { app, clock } = await started(t, { env: TRANSCRIPTS })
  const all = await filled(app, clock)
  const exported = await app.inject({ url: `/api/memory/${DANA_HASH}`, headers: { authorization: `Bearer ${ADMIN_KEY}` } })
  for (const vector of all) t.ok(exported.body.includes(vector))
})

t.test('of two bridges on a database, one makes them, and the other finds with them', async (t) => {
  const env = { DATABASE_URL: await server.newDatabase(), CALLER_TOKEN_KEY: randomBytes(32).toString('base64') }
  const { fake, start, app: one } = await started(t, { env })
  const other = await start()
  const dana = await callOf(one, 'conv_0001')
  await dana.remember('Owns a hound')
  await dana.remember('Likes tea')
  await vectors(other, 2)
  const { status, body } = await useTool(other, 'recall', { query: 'Which animals?' }, { 'x-caller-token': dana.token, 'x-conversation-id': 'conv_0001' })
  t.match([status, body.result], [200, /Owns a hound/])

  // Both make them at once, and a fact comes in between.
  await Promise.all([one, other].map(async (app, n) => await admin(app, 'POST', `/memory/${DANA_HASH}`, { fact: `Knows song number ${n}` })))
  await vectors(one, 4)
  t.equal((await recordOf(other)).facts.length, 4)
  t.equal((await admin(other, 'DELETE', `/memory/${DANA_HASH}`)).status, 200)
  await sleep(2 * AWHILE_MS)
  t.match(await one.store.load(DANA_HASH), { record: null })
  t.ok(fake.texts().length >= 4)
})
