import t from 'tap'
import { StorageUnavailable } from '../../../src/errors.ts'
import { ID, operator } from './client.ts'

const made = [{ kind: 'tool', id: 'tool_1', name: 'recall', fingerprint: null, is_ready: true }]
const changed = [{
  target: 'agent', id: 'agent_0001', branch_id: null, path: ['platform_settings', 'x'], is_item: false, had: true, before: { a: [1, null] }, after: true
}]

t.test('/api/connection', async (t) => {
  t.test('keeps what connect did, whole, under an id that stays', async (t) => {
    const { app, ask } = await operator(t)
    const put = (payload: object) => app.inject({ method: 'PUT', url: '/api/connection', headers: { authorization: 'Bearer an-admin-key-for-tests' }, payload })
    const { status, body } = await ask('GET', '/connection')
    t.equal(status, 200)
    t.match(body.bridge_id, ID)
    t.strictSame(body, { status: 'ok', bridge_id: body.bridge_id, made: [], changed: [] })

    const kept = await put({ made, changed })

    t.strictSame([kept.statusCode, kept.json()], [200, { status: 'ok', bridge_id: body.bridge_id, made, changed }])
    t.strictSame((await ask('GET', '/connection')).body, kept.json())
    t.strictSame(await app.store.loadDocument('connection'), { version: 1, bridge_id: body.bridge_id, made, changed })
    for (const wrong of [{}, { made }, { made: [{ ...made[0], kind: 'agent' }], changed }, { made, changed, bridge_id: 'x' }]) {
      t.match((await put(wrong)).json(), { statusCode: 400, code: 'BRIDGE_REQUEST_INVALID' }, JSON.stringify(wrong).slice(0, 80))
    }
  })

  t.test('has room for a hundred agents', async (t) => {
    const { app } = await operator(t)
    const many = Array.from({ length: 1900 }, (_, n) => ({ ...changed[0], id: `agent_${n}`, after: 'x'.repeat(300) }))
    const response = await app.inject({ method: 'PUT', url: '/api/connection', headers: { authorization: 'Bearer an-admin-key-for-tests' }, payload: { made, changed: many } })

    t.equal(response.statusCode, 200, response.body.slice(0, 200))
    t.equal((await app.store.loadDocument('connection'))?.changed.length, 1900)
  })

  t.test('answers 503 while the storage fails', async (t) => {
    const { app, ask } = await operator(t)
    await app.ready()
    t.intercept(app.store, 'loadDocument', { value: async () => { throw new StorageUnavailable() } })

    t.match(await ask('GET', '/connection'), { status: 503, body: { code: 'BRIDGE_STORAGE_UNAVAILABLE' } })
  })
})
