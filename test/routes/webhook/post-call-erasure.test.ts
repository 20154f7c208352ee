import { readFile } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { DANA_HASH, callerFiles, initiationFailure, postCall, recordPath, ring, testClock, transcription } from '../../fixtures/webhooks.ts'
import { ADMIN_KEY, build } from '../../helper.ts'

const headers = { authorization: `Bearer ${ADMIN_KEY}` }
const CONVERSATION = 'conv_0001syntheticexample0001'

const erase = async (app: FastifyInstance) => await app.inject({ method: 'DELETE', url: `/api/memory/${DANA_HASH}`, headers })
const remember = async (app: FastifyInstance, remember: boolean) =>
  await app.inject({ method: 'PATCH', url: `/api/memory/${DANA_HASH}`, headers, payload: { remember } })

t.test('a post-call for somebody who was erased', async (t) => {
  t.test('is dropped when the call began before', async (t) => {
    const clock = testClock()
    const app = await build(t, {}, { now: clock.now })
    await ring(app, { conversation_id: CONVERSATION })
    clock.pass(20)
    t.equal((await erase(app)).statusCode, 200)
    clock.pass(44)

    const res = await postCall(app, await transcription(), clock.now())

    t.equal(res.statusCode, 200)
    t.strictSame(res.json(), { status: 'ok', outcome: 'erased' })
    t.strictSame(await callerFiles(app), [])
  })

  t.test('is dropped when the call began at that very moment, its ring seen or not', async (t) => {
    const clock = testClock()
    const app = await build(t, {}, { now: clock.now })
    await erase(app)

    const res = await postCall(app, await transcription(), clock.now())

    t.equal(res.json().outcome, 'erased')
    t.strictSame(await callerFiles(app), [])
  })

  t.test('is dropped after a restart too', async (t) => {
    const clock = testClock()
    const app = await build(t, {}, { now: clock.now })
    clock.pass(60)
    await erase(app)
    await app.close()

    await t.test('of the bridge', async (t) => {
      const restarted = await build(t, { DATA_DIR: app.config.DATA_DIR }, { now: clock.now })
      t.equal((await postCall(restarted, await transcription(), clock.now())).json().outcome, 'erased')
      t.equal((await postCall(restarted, await initiationFailure(), clock.now())).json().outcome, 'added', 'what failed to start later counts')
    })
  })

  t.test('counts when the call rang after the erasure, also within the same second', async (t) => {
    const clock = testClock('2026-10-18T09:20:00.300Z')
    const app = await build(t, {}, { now: clock.now })
    await erase(app)
    clock.pass(0.4)
    await ring(app, { conversation_id: CONVERSATION })
    clock.pass(60)

    const res = await postCall(app, await transcription(), clock.now())

    t.equal(res.json().outcome, 'closed')
    t.match(JSON.parse(await readFile(recordPath(app), 'utf8')), { call_count: 1, calls: [{ started_at: '2026-10-18T09:20:00.700Z', status: 'done' }] })
  })

  t.test('counts when the call began after the erasure and its ring was never seen', async (t) => {
    const clock = testClock('2026-10-18T09:19:59.000Z')
    const app = await build(t, {}, { now: clock.now })
    await erase(app)
    clock.pass(60)

    const res = await postCall(app, await transcription(), clock.now())

    t.equal(res.json().outcome, 'added')
  })
})

t.test('a post-call for somebody who opted out', async (t) => {
  t.test('is acknowledged and not stored', async (t) => {
    const clock = testClock('2026-10-18T09:19:00.000Z')
    const app = await build(t, {}, { now: clock.now })
    await remember(app, false)
    clock.pass(60)
    await ring(app, { conversation_id: CONVERSATION })

    for (const event of [await transcription(), await initiationFailure()]) {
      const res = await postCall(app, event, clock.now())
      t.equal(res.statusCode, 200)
      t.strictSame(res.json(), { status: 'ok', outcome: 'opted-out' })
    }
    t.strictSame(JSON.parse(await readFile(recordPath(app), 'utf8')), { phone_hash: DANA_HASH, remember: false })
  })

  t.test('does not bring back what was before they opted in again', async (t) => {
    const clock = testClock()
    const app = await build(t, {}, { now: clock.now })
    clock.pass(10)
    await remember(app, false)
    clock.pass(10)
    await remember(app, true)

    const res = await postCall(app, await transcription(), clock.now())

    t.equal(res.json().outcome, 'erased')
    t.match(JSON.parse(await readFile(recordPath(app), 'utf8')), { call_count: 0, calls: [] })
  })
})
