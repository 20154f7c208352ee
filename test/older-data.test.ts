/** Today's bridge on data of older versions, which made them themselves: see `test/fixtures/older/make.ts`. */
import { cp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { CallerRecord } from '../schemas/caller-record.ts'
import { AGENT_ID, postCallBody, ringBody, type PhoneCall } from '../src/simulate/elevenlabs.ts'
import { hashPhone } from '../src/phone/phone-hash.ts'
import { CALLS, DANA, ERIN, NORA, OSCAR, OTTO } from './fixtures/older/people.ts'
import { postCall, ring, testClock } from './fixtures/webhooks.ts'
import { ADMIN_KEY, build, folderNames } from './helper.ts'
import { sharedPostgres } from './postgres.ts'
import { filesUnder } from './stored.ts'

const OLDER = 'test/fixtures/older'
const encryptionKey = (await readFile(join(OLDER, 'data-encryption-key.txt'), 'utf8')).trim()
// Data outlives one app here, and each app begins with a clean folder of its test: so it lies elsewhere.
const newFolder = folderNames(t)
const server = await sharedPostgres()

type Env = Record<string, string>
type App = Awaited<ReturnType<typeof build>>

/** What the admin API of the version that stored it showed. */
interface Shown {
  memory: Record<string, CallerRecord | { phone_hash: string, remember: false } | null>
  callers: { callers: object[] }
  notes: object
  ownNotes: object
  /** Null before 0.3.0. */
  jobs: { jobs: object[] } | null
}

/** A copy, and the settings that the bridge needs for it. */
const COPIES: Record<string, (version: string) => Promise<Env>> = {
  async files (version) {
    const folder = newFolder()
    await cp(join(OLDER, version, 'files'), folder, { recursive: true })
    return { DATA_DIR: folder }
  },
  async sealed (version) {
    const folder = newFolder()
    await cp(join(OLDER, version, 'sealed'), folder, { recursive: true })
    return { DATA_DIR: folder, DATA_ENCRYPTION_KEY: encryptionKey }
  },
  async database (version) {
    const url = await server.newDatabase()
    await server.sql(url, await readFile(join(OLDER, version, 'database.sql'), 'utf8'))
    return { DATABASE_URL: url }
  }
}

// Version 0.1.0 knew nothing but plain files.
for (const [version, kinds] of [
  ['0.1.0', ['files']], ['0.2.0', ['files', 'sealed', 'database']], ['0.3.0', ['files', 'sealed', 'database']]
] as const) {
  for (const kind of kinds) {
    t.test(`${kind} of ${version}`, async (t) => {
      const shown: Shown = JSON.parse(await readFile(join(OLDER, version, `${kind}.json`), 'utf8'))
      const env = await COPIES[kind]!(version)
      const known = shown.memory[DANA] as CallerRecord
      const clock = testClock(new Date(Date.parse(known.last_seen!) + 24 * 60 * 60 * 1000).toISOString())
      const start = async () => await build(t, { ELEVENLABS_AGENT_ID: AGENT_ID, ...env }, { now: clock.now })

      const app = await start()
      await tellsWhatIsKnown(t, app, known)
      await showsAllThatWasShown(t, app, shown)
      await takesCallEndsOfBefore(t, app, clock.now(), known)
      const after = await seenBy(app)
      await app.close()
      t.strictSame(app.lines.filter(({ level }) => Number(level) >= 50), [], 'no error')

      const again = await start()
      await again.ready()
      t.strictSame(await seenBy(again), after, 'the next start reads it all')
      await again.close()

      if (kind === 'database') {
        t.strictSame(await server.sql(env['DATABASE_URL']!, 'SELECT * FROM damaged'), [], 'nothing was set aside')
        return
      }
      const files = await filesUnder(env['DATA_DIR']!)
      t.strictSame([...files.keys()].filter((name) => /damaged|tmp/.test(name)), [], 'nothing was set aside')
      const words = ['orchids', 'clocks', 'stocktaking', 'neighbour'].filter((word) => Buffer.concat([...files.values()]).includes(word))
      t.strictSame(words, kind === 'sealed' ? [] : ['orchids', 'clocks', 'stocktaking', 'neighbour'])
    })
  }
}

t.test('sealed files of older versions do not open with another key', async (t) => {
  for (const version of ['0.2.0', '0.3.0']) {
    const env = await COPIES['sealed']!(version)
    for (const DATA_ENCRYPTION_KEY of ['', Buffer.alloc(32, 1).toString('base64')]) {
      await t.rejects(build(t, { ...env, DATA_ENCRYPTION_KEY }), { code: 'BRIDGE_ENCRYPTION_KEY_WRONG' })
    }
  }
})

/** The first request of all: nothing has been read or migrated before. */
async function tellsWhatIsKnown (t: Test, app: App, known: CallerRecord) {
  const response = await startOf(app, { callerId: DANA, conversationId: 'conv_new', callSid: 'CA_new' })
  const { dynamic_variables: variables, conversation_config_override: override } = response

  t.match(variables, { caller_name: 'Dana Quicksilver', call_count: '4', session_id: known.session_id })
  t.equal(override.agent.first_message, 'Welcome back, Dana Quicksilver!')
  const told = known.facts.filter(({ superseded_by: by, state }) => by === null && state === undefined)
  for (const { text } of [...told, ...known.notes, ...known.open_items ?? []]) {
    t.ok(override.agent.prompt.prompt.includes(text), `the agent is told: ${text}`)
  }
  t.match(override.agent.prompt.prompt, /orchids[^]*leave parcels with the neighbour[^]*We close at noon/)
}

async function showsAllThatWasShown (t: Test, app: App, { memory, callers, notes, ownNotes, jobs }: Shown) {
  const seen = await seenBy(app)

  for (const number of [OTTO, ERIN, OSCAR, NORA]) t.strictSame(seen.memory[number], memory[number])
  const { calls, call_count: count, last_seen: lastSeen, ...rest } = memory[DANA] as CallerRecord
  const { calls: callsNow, call_count: countNow, last_seen: _, ...restNow } = seen.memory[DANA]
  t.strictSame(restNow, rest)
  t.strictSame(callsNow.slice(0, -1), calls)
  t.equal(countNow, count + 1)
  t.strictSame(seen.notes, notes)
  t.strictSame(seen.ownNotes, ownNotes)
  t.strictSame(seen.jobs, jobs ?? { jobs: [], next: null })
  const withoutCalls = (page: any) => page.callers.map((each: object) =>
    ({ pending_facts: 0, forget_wishes: 0, ...each, call_count: null, last_seen: null }))
  t.match(withoutCalls(seen.callers), withoutCalls(callers))
  t.equal(seen.callers.callers.length, callers.callers.length)
}

/** Call ends of calls that an older version saw begin. */
async function takesCallEndsOfBefore (t: Test, app: App, now: Date, known: CallerRecord) {
  const seconds = Math.floor(Date.parse(known.last_seen!) / 1000)
  const outcomeOf = async (call: PhoneCall) =>
    (await postCall(app, JSON.parse(postCallBody(call, {}, seconds)), now)).json().outcome

  t.equal(await outcomeOf(CALLS.danaThird), 'closed', 'of a call that only rang')
  t.equal(await outcomeOf(CALLS.danaFirst), 'repeated', 'of a call that had ended')
  t.equal(await outcomeOf(CALLS.erin), 'erased')
  t.equal(await outcomeOf(CALLS.oscar), 'opted-out')
  const { memory } = await seenBy(app)
  t.match(memory[DANA], { call_count: 4, calls: { length: 4, 2: { number: 3, status: 'done', summary: /neighbour/ } } })
  t.equal(memory[ERIN], null)
  t.strictSame(memory[OSCAR], { phone_hash: hashPhone(OSCAR), remember: false })
  const { dynamic_variables: variables } = await startOf(app, { ...CALLS.oscar, conversationId: 'conv_oscar' })
  t.match(variables, { caller_name: 'there', call_count: '1', caller_memory: 'nothing on file yet' })
}

async function startOf (app: App, call: PhoneCall): Promise<any> {
  return (await ring(app, { ...ringBody(call) })).json()
}

/** All that the admin API shows. */
async function seenBy (app: App) {
  const get = async (path: string): Promise<any> => {
    const response = await app.inject({ url: `/api${path}`, headers: { authorization: `Bearer ${ADMIN_KEY}` } })
    return response.statusCode === 404 ? null : response.json()
  }
  const memory: Record<string, any> = {}
  for (const number of [DANA, OTTO, ERIN, OSCAR, NORA]) memory[number] = await get(`/memory/${hashPhone(number)}`)
  return {
    memory,
    callers: await get('/callers'),
    notes: await get('/notes'),
    ownNotes: await get(`/notes?phone_hash=${hashPhone(DANA)}`),
    jobs: await get('/jobs')
  }
}
