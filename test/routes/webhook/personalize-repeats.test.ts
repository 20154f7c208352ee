import t from 'tap'
import { DANA_HASH, postCall, ring, testClock, transcription, withoutToken } from '../../fixtures/webhooks.ts'
import { build } from '../../helper.ts'

t.test('the same call at ring', async (t) => {
  for (const [says, first, again] of [
    ['is known by its conversation', { conversation_id: 'conv_1' }, { conversation_id: 'conv_1' }],
    ['is known by its call_sid', { call_sid: 'CA1' }, { call_sid: 'CA1' }],
    ['is known by its call_sid when the conversation comes later', { call_sid: 'CA1' }, { call_sid: 'CA1', conversation_id: 'conv_1' }],
    ['is known by its conversation when the call_sid is empty', { conversation_id: 'conv_1', call_sid: 'CA1' }, { conversation_id: 'conv_1', call_sid: '' }]
  ] as const) {
    t.test(says, async (t) => {
      const app = await build(t, {}, { now: testClock().now })
      await ring(app, { conversation_id: 'conv_0' })

      const answer = await ring(app, first)
      const repeated = await ring(app, again)

      t.equal(answer.json().dynamic_variables.call_count, '2')
      t.strictSame(withoutToken(repeated.json()), withoutToken(answer.json()))
      t.match(await app.store.load(DANA_HASH), { record: { call_count: 2 } })
    })
  }

  t.test('is counted once when many requests come at once', async (t) => {
    const app = await build(t, {}, { now: testClock().now })

    const answers = await Promise.all(Array.from({ length: 8 }, () => ring(app, { conversation_id: 'conv_1' })))

    t.equal(new Set(answers.map((answer) => JSON.stringify(withoutToken(answer.json())))).size, 1)
    t.match(await app.store.load(DANA_HASH), { record: { call_count: 1 } })
  })

  t.test('keeps its number and session after it has ended and after a restart', async (t) => {
    const clock = testClock()
    const app = await build(t, {}, { now: clock.now })
    const first = await ring(app, { conversation_id: 'conv_0001syntheticexample0001' })
    clock.pass(64)
    await postCall(app, await transcription(), clock.now())
    await ring(app, { conversation_id: 'conv_2' })
    await app.close()

    await t.test('of the bridge', async (t) => {
      const restarted = await build(t, { DATA_DIR: app.config.DATA_DIR }, { now: clock.now })

      const again = await ring(restarted, { conversation_id: 'conv_0001syntheticexample0001' })

      t.equal(again.json().user_id, first.json().user_id)
      t.equal(again.json().dynamic_variables.call_count, '1')
      t.equal(again.json().dynamic_variables.is_returning, 'false')
      t.match(await restarted.store.load(DANA_HASH), { record: { call_count: 2 } })
    })
  })
})

t.test('another call at ring', async (t) => {
  t.test('is counted, with the same session', async (t) => {
    const app = await build(t)

    const first = await ring(app, { conversation_id: 'conv_1', call_sid: 'CA1' })
    const second = await ring(app, { conversation_id: 'conv_2', call_sid: 'CA2' })

    t.equal(second.json().dynamic_variables.call_count, '2')
    t.equal(second.json().user_id, first.json().user_id)
  })

  t.test('is every request that names neither conversation nor call', async (t) => {
    const app = await build(t)

    const counts = []
    for (const ids of [{}, { conversation_id: '', call_sid: '' }, { conversation_id: null, call_sid: ' ' }]) {
      counts.push((await ring(app, ids)).json().dynamic_variables.call_count)
    }

    t.strictSame(counts, ['1', '2', '3'])
  })

  t.test('is that of another caller with the same ids', async (t) => {
    const app = await build(t)

    const dana = await ring(app, { conversation_id: 'conv_1' })
    const other = await ring(app, { conversation_id: 'conv_1', caller_id: '+15550100124' })

    t.equal(other.json().dynamic_variables.call_count, '1')
    t.not(other.json().user_id, dana.json().user_id)
  })
})
