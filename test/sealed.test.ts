/**
 * DATA_ENCRYPTION_KEY, seen from outside: what lies on the disk, and what callers and operators get when a seal does
 * not open.
 */
import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { hashPhone } from '../src/phone/phone-hash.ts'
import { DANA_HASH, neutral, postCall, recordPath, ring, testClock, transcription, withoutToken } from './fixtures/webhooks.ts'
import { ADMIN_KEY, build, folderNames } from './helper.ts'
import { filesUnder } from './stored.ts'

const [k1, k2] = [1, 2].map(() => randomBytes(32).toString('base64')) as [string, string]
const OTTO = '+15550100124'
const OTTO_HASH = hashPhone(OTTO)

type App = Awaited<ReturnType<typeof build>>

// Data outlives one app here, and each app begins with a clean folder of its test: so it lies elsewhere.
const newFolder = folderNames(t)

async function ask (app: App, method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, payload?: object) {
  return await app.inject({ method, url: `/api${path}`, headers: { authorization: `Bearer ${ADMIN_KEY}` }, ...(payload === undefined ? {} : { payload }) })
}

/** Dana rings, and is told of; then a fact, a name, a note of hers and a note for everybody. */
async function fill (app: App) {
  const { now } = testClock(new Date().toISOString())
  await ring(app, { conversation_id: 'conv_0001' })
  await ask(app, 'POST', `/memory/${DANA_HASH}`, { fact: 'Grows prize orchids' })
  await ask(app, 'PATCH', `/memory/${DANA_HASH}`, { caller_name: 'Dana Quicksilver' })
  await ask(app, 'POST', '/notes', { note: 'Her parcel is at the depot', phone_hash: DANA_HASH })
  await ask(app, 'POST', '/notes', { note: 'We close at noon for stocktaking' })
  t.equal((await postCall(app, await transcription((data) => {
    data.conversation_id = 'conv_0001'
    data.analysis.transcript_summary = 'The caller praised the marmalade.'
  }), now())).statusCode, 200)
}

const words = ['orchids', 'Quicksilver', 'depot', 'stocktaking', 'marmalade', 'conv_0001', 'call_count', 'caller_name']

async function wordsIn (folder: string): Promise<string[]> {
  const everything = Buffer.concat([...(await filesUnder(folder)).values()])
  return words.filter((word) => everything.includes(word))
}

/** An app whose Dana is known, closed again: her file, and a second file of Otto's. */
async function sealedData (t: Test, keys = k1) {
  const DATA_DIR = newFolder()
  const app = await build(t, { DATA_DIR, DATA_ENCRYPTION_KEY: keys })
  await fill(app)
  await ask(app, 'POST', `/memory/${OTTO_HASH}`, { fact: 'Restores clocks' })
  const [dana, otto] = [recordPath(app), recordPath(app, OTTO_HASH)]
  await app.close()
  return { DATA_DIR, dana, otto }
}

t.test('a byte search over DATA_DIR finds nothing of what is known', async (t) => {
  const DATA_DIR = newFolder()
  const app = await build(t, { DATA_DIR, DATA_ENCRYPTION_KEY: k1 })
  await fill(app)

  t.match((await ring(app, { conversation_id: 'conv_2' })).json(), { dynamic_variables: { caller_name: 'Dana Quicksilver', call_count: '2' } })
  t.match((await ask(app, 'GET', `/memory/${DANA_HASH}`)).json(), { facts: [{ text: 'Grows prize orchids' }] })
  await app.close()

  t.strictSame(await wordsIn(DATA_DIR), [])
  const again = await build(t, { DATA_DIR, DATA_ENCRYPTION_KEY: k1 })
  t.match((await ask(again, 'GET', '/notes')).json(), { notes: [{ note: 'We close at noon for stocktaking' }] })
})

t.test('without the setting it finds it all', async (t) => {
  const DATA_DIR = newFolder()
  const app = await build(t, { DATA_DIR })
  await fill(app)
  await app.close()

  t.strictSame(await wordsIn(DATA_DIR), words)
})

t.test('plain and sealed records go together, and a plain one is sealed when it is next written', async (t) => {
  const DATA_DIR = newFolder()
  const before = await build(t, { DATA_DIR })
  await fill(before)
  await ask(before, 'POST', `/memory/${OTTO_HASH}`, { fact: 'Restores clocks' })
  await before.close()

  const app = await build(t, { DATA_DIR, DATA_ENCRYPTION_KEY: k1 })
  t.match((await ring(app, { conversation_id: 'conv_2' })).json(), { dynamic_variables: { caller_name: 'Dana Quicksilver', call_count: '2' } })
  t.match((await ask(app, 'GET', `/memory/${OTTO_HASH}`)).json(), { facts: [{ text: 'Restores clocks' }] })
  await app.close()

  t.notMatch(readFileSync(recordPath(app), 'utf8'), /orchids/)
  t.match(readFileSync(recordPath(app, OTTO_HASH), 'utf8'), /Restores clocks/, 'one that was only read stays as it is')
})

t.test('an old key is asked for until everything is sealed anew', async (t) => {
  const { DATA_DIR } = await sealedData(t, k1)
  await t.rejects(build(t, { DATA_DIR, DATA_ENCRYPTION_KEY: k2 }), { code: 'BRIDGE_ENCRYPTION_KEY_WRONG' }, 'not with another key alone')
  const between = await build(t, { DATA_DIR, DATA_ENCRYPTION_KEY: `${k2},${k1}` })
  t.match((await ring(between, { conversation_id: 'conv_2' })).json(), { dynamic_variables: { call_count: '2' } })
  await between.close()
  await t.rejects(build(t, { DATA_DIR, DATA_ENCRYPTION_KEY: k2 }), { code: 'BRIDGE_ENCRYPTION_KEY_WRONG' }, 'not before all is sealed')

  const app = await build(t, { DATA_DIR, DATA_ENCRYPTION_KEY: `${k2},${k1}` })
  t.strictSame((await ask(app, 'POST', '/seal', { after: null })).json(), { status: 'ok', sealed: 1, unreadable: 0, next: null })
  await app.close()

  const alone = await build(t, { DATA_DIR, DATA_ENCRYPTION_KEY: k2 })
  t.match((await ring(alone, { conversation_id: 'conv_3' })).json(), { dynamic_variables: { caller_name: 'Dana Quicksilver', call_count: '3' } })
  t.match((await ask(alone, 'GET', `/memory/${OTTO_HASH}`)).json(), { facts: [{ text: 'Restores clocks' }] })
  t.match((await ask(alone, 'GET', '/notes')).json(), { notes: [{ note: 'We close at noon for stocktaking' }] })
})

t.test('the start ends when data are sealed and the key is missing, and prints no key', async (t) => {
  const { DATA_DIR } = await sealedData(t, k1)

  for (const DATA_ENCRYPTION_KEY of ['', k2]) {
    await t.rejects(build(t, { DATA_DIR, DATA_ENCRYPTION_KEY }).catch((error: Error) => {
      t.notOk([k1, k2].some((key) => error.message.includes(key.slice(0, 8))))
      throw error
    }), { code: 'BRIDGE_ENCRYPTION_KEY_WRONG', message: /key [0-9a-f]{16}/ })
  }
  await t.resolves(build(t, { DATA_DIR, DATA_ENCRYPTION_KEY: k1 }), 'and the folder was let go of')
})

t.test('a record whose seal does not open', async (t) => {
  const spoilt: Record<string, (paths: { dana: string, otto: string }) => void> = {
    'was copied over from another caller': ({ dana, otto }) => copyFileSync(otto, dana),
    'has a flipped byte': ({ dana }) => {
      const bytes = readFileSync(dana)
      const at = bytes.indexOf('"ciphertext":"') + 40
      bytes[at] = bytes[at] === 65 ? 66 : 65
      writeFileSync(dana, bytes)
    },
    'has lost its tag': ({ dana }) => writeFileSync(dana, readFileSync(dana, 'utf8').replace('"tag"', '"tug"')),
    'is sealed with an unknown key': ({ dana }) => {
      const unknown = readFileSync(dana, 'utf8').replace(/"protected":"[^"]+"/, () =>
        `"protected":"${Buffer.from('{"alg":"dir","enc":"A256GCM","kid":"0123456789abcdef"}').toString('base64url')}"`)
      writeFileSync(dana, unknown)
    }
  }
  for (const [what, spoil] of Object.entries(spoilt)) {
    await t.test(what, async (t) => {
      const { DATA_DIR, dana, otto } = await sealedData(t)
      spoil({ dana, otto })
      await staysAsItIs(t, { DATA_DIR, DATA_ENCRYPTION_KEY: k1 }, dana)
    })
  }

  t.test('meets a bridge without a key, should a file come from elsewhere', async (t) => {
    const { dana } = await sealedData(t)
    const DATA_DIR = newFolder()
    const path = join(DATA_DIR, 'callers', DANA_HASH.slice(0, 2), `${DANA_HASH}.json`)
    mkdirSync(dirname(path), { recursive: true })
    copyFileSync(dana, path)
    await staysAsItIs(t, { DATA_DIR }, path)
  })
})

/** What Dana's record must be to everybody who asks for it: an error, and never changed. */
async function staysAsItIs (t: Test, env: Record<string, string>, path: string) {
  const bytes = readFileSync(path)
  const files = [...(await filesUnder(env['DATA_DIR']!)).keys()].filter((name) => name.startsWith('callers'))
  const { now } = testClock(new Date().toISOString())
  const app = await build(t, env)

  const answer = await ring(app, { conversation_id: 'conv_9' })
  t.equal(answer.statusCode, 200)
  t.strictSame(withoutToken(answer.json()), neutral(answer.json().user_id), 'the call is answered neutrally')
  t.match(app.lines.find(({ level }) => level === 50), { caller: DANA_HASH.slice(0, 8), err: { code: 'BRIDGE_RECORD_SEALED' } })

  const refused = [
    await postCall(app, await transcription(), now()),
    await ask(app, 'GET', `/memory/${DANA_HASH}`),
    await ask(app, 'POST', `/memory/${DANA_HASH}`, { fact: 'x' }),
    await ask(app, 'PATCH', `/memory/${DANA_HASH}`, { remember: false }),
    await ask(app, 'DELETE', `/memory/${DANA_HASH}`),
    await ask(app, 'POST', '/notes', { note: 'x', phone_hash: DANA_HASH }),
    await ask(app, 'POST', '/preview', { phone_hash: DANA_HASH })
  ]
  for (const res of refused) {
    t.match(res.json(), { statusCode: 503, code: 'BRIDGE_RECORD_SEALED', message: new RegExp(`callers/${DANA_HASH.slice(0, 8)} `) })
    t.equal(res.headers['retry-after'], '5')
    t.notMatch(res.body, new RegExp(DANA_HASH))
  }

  const listed = await ask(app, 'GET', '/callers')
  t.equal(listed.statusCode, 200)
  t.notMatch(listed.body, new RegExp(DANA_HASH), 'a list goes without it')
  t.match(
    app.lines.findLast(({ level }) => level === 50),
    { level: 50, caller: DANA_HASH.slice(0, 8), msg: /cannot be read/ }
  )
  await app.close()

  t.strictSame(readFileSync(path), bytes, 'byte for byte')
  t.strictSame([...(await filesUnder(env['DATA_DIR']!)).keys()].filter((name) => name.startsWith('callers')), files, 'nothing was set aside')
  t.notMatch(JSON.stringify(app.lines), new RegExp(DANA_HASH))
}

t.test('notes that do not open cost a call the notes, and nothing else', async (t) => {
  const { DATA_DIR, dana } = await sealedData(t)
  copyFileSync(dana, join(DATA_DIR, 'notes.json'))
  const app = await build(t, { DATA_DIR, DATA_ENCRYPTION_KEY: k1 })

  t.match((await ring(app, { conversation_id: 'conv_2' })).json(), { dynamic_variables: { caller_name: 'Dana Quicksilver' } })
  t.match(app.lines.find(({ level }) => level === 50), { err: { code: 'BRIDGE_RECORD_SEALED' } })
  t.match((await ask(app, 'GET', '/notes')).json(), { statusCode: 503, code: 'BRIDGE_RECORD_SEALED' })
  t.match((await ask(app, 'POST', '/notes', { note: 'x' })).json(), { statusCode: 503 })
})
