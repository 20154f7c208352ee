/** Whichever way somebody is forgotten: nothing that they said, and no copy of it, is left in DATA_DIR. */
import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { DANA_HASH, postCall, recordPath, ring, testClock, transcription } from './fixtures/webhooks.ts'
import { ADMIN_KEY, build, folderNames } from './helper.ts'
import { filesUnder } from './stored.ts'

/** After so long a file that was changed by hand is seen as it is. */
const FRESH_MS = 1100
const DAY_SECONDS = 24 * 60 * 60
const WORDS = ['Dana', 'grows orchids', 'bring the ladder', 'a quarrel about hedges', 'Hedge talk', 'conv_secret', 'CAsecret']

type App = Awaited<ReturnType<typeof build>>

const newFolder = folderNames(t)

async function ask (app: App, method: 'POST' | 'PATCH' | 'DELETE', path: string, payload?: object) {
  return await app.inject({
    method, url: `/api${path}`, headers: { authorization: `Bearer ${ADMIN_KEY}` }, ...(payload === undefined ? {} : { payload })
  })
}

/** Dana, with everything that can be known of a caller, and the copies of it that damage and a crash leave. */
async function remembered (t: Test) {
  const clock = testClock()
  const env = { DATA_DIR: newFolder(), RETENTION_DAYS: '30' }
  const app = await build(t, env, { now: clock.now })
  await app.ready()
  const fill = async () => {
    await ring(app, { conversation_id: 'conv_secret', call_sid: 'CAsecret' })
    await postCall(app, await transcription((data) => {
      data.conversation_id = 'conv_secret'
      data.analysis.transcript_summary = 'a quarrel about hedges'
      data.analysis.call_summary_title = 'Hedge talk'
    }), clock.now())
    await ask(app, 'PATCH', `/memory/${DANA_HASH}`, { caller_name: 'Dana' })
    await ask(app, 'POST', `/memory/${DANA_HASH}`, { fact: 'grows orchids' })
    await ask(app, 'POST', '/notes', { note: 'bring the ladder', phone_hash: DANA_HASH })
  }
  await fill()
  const path = recordPath(app)
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.slice(0, -9))
  await sleep(FRESH_MS)
  t.equal((await ask(app, 'POST', `/memory/${DANA_HASH}`, { fact: 'grows orchids' })).statusCode, 503, 'the damaged file is set aside')
  await fill()
  await writeFile(`${path}.tmp`, text.slice(0, -99))

  const found = await traces(app)
  t.ok(found.some((name) => name.includes('.damaged-')) && found.some((name) => name.endsWith('.tmp')), 'there is something to find')
  for (const word of WORDS) t.ok(text.includes(word), word)
  return { app, clock, env }
}

/** Files that hold something of what Dana said, or are named as copies of her record are. */
async function traces (app: App): Promise<string[]> {
  const files = await filesUnder(app.config.DATA_DIR)
  return [...files].filter(([name, bytes]) => name.includes(`${DANA_HASH}.json.`) || WORDS.some((word) => bytes.includes(word))).map(([name]) => name)
}

t.test('an erasure leaves no trace', async (t) => {
  const { app } = await remembered(t)

  const { removed } = (await ask(app, 'DELETE', `/memory/${DANA_HASH}`)).json()

  t.strictSame(removed, { record: true, name: true, facts: 2, notes: 1, calls: 1 })
  t.strictSame(await traces(app), [])
})

t.test('an opt-out leaves no trace', async (t) => {
  const { app } = await remembered(t)

  await ask(app, 'PATCH', `/memory/${DANA_HASH}`, { remember: false })

  t.strictSame(await traces(app), [])
})

t.test('a caller whom nobody saw for RETENTION_DAYS leaves no trace', async (t) => {
  const { app, clock, env } = await remembered(t)
  await app.close()
  clock.pass(31 * DAY_SECONDS)

  await t.test('after a restart', async (t) => {
    const restarted = await build(t, env, { now: clock.now })
    await restarted.ready()
    while (!restarted.lines.some(({ msg }) => msg === 'a sweep is finished')) await sleep(5)

    t.match(restarted.lines.filter(({ msg }) => msg === 'a sweep is finished'), [{ callers: 1, erased: 1 }])
    t.strictSame(await traces(restarted), [])
    t.match(await restarted.store.load(DANA_HASH), { record: null, erasedAt: clock.now().toISOString() })
    t.notMatch(JSON.stringify(restarted.lines), new RegExp(WORDS.join('|')))
  })
})
