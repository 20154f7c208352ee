import { randomBytes } from 'node:crypto'
import { copyFileSync, readFileSync } from 'node:fs'
import t from 'tap'
import { StorageUnavailable } from '../../../src/errors.ts'
import { recordPath } from '../../fixtures/webhooks.ts'
import { build } from '../../helper.ts'
import { callerHash, fact } from '../../stored.ts'
import { fault, operator } from './client.ts'

const DATA_ENCRYPTION_KEY = randomBytes(32).toString('base64')

t.test('POST /api/seal', async (t) => {
  t.test('seals page by page what was plain', async (t) => {
    const { app, ask } = await operator(t, { DATA_ENCRYPTION_KEY })
    const hashes = Array.from({ length: 202 }, (_, n) => callerHash(n)).toSorted()
    const plain = await build(t, { DATA_DIR: `${app.config.DATA_DIR}-plain` })
    await Promise.all(hashes.map((hash) => plain.store.update(hash, fact(hash, 'grows orchids'))))
    await Promise.all(hashes.map((hash) => app.store.update(hash, fact(hash, 'to be replaced'))))
    for (const hash of hashes) copyFileSync(recordPath(plain, hash), recordPath(app, hash))
    await plain.close()

    t.strictSame(await ask('POST', '/seal', { after: null }), { status: 200, body: { status: 'ok', sealed: 200, unreadable: 0, next: hashes[199] } })
    t.match(readFileSync(recordPath(app, hashes[200]), 'utf8'), /orchids/)
    t.strictSame(await ask('POST', '/seal', { after: hashes[199] }), { status: 200, body: { status: 'ok', sealed: 2, unreadable: 0, next: null } })
    t.strictSame(await ask('POST', '/seal', { after: null }), { status: 200, body: { status: 'ok', sealed: 0, unreadable: 0, next: hashes[199] } })

    t.notOk(hashes.some((hash) => readFileSync(recordPath(app, hash), 'utf8').includes('orchids')))
    t.match((await ask('GET', `/memory/${hashes[0]}`)).body, { facts: [{ text: 'grows orchids' }] })
    t.strictSame(app.lines.filter(({ msg }) => msg === 'admin').map(({ route }) => route), Array(3).fill('/api/seal'))
  })

  t.test('counts what it cannot read, and leaves it alone', async (t) => {
    const { app, ask } = await operator(t, { DATA_ENCRYPTION_KEY })
    const [dana, otto] = [callerHash(1), callerHash(2)]
    for (const hash of [dana, otto]) await app.store.update(hash, fact(hash, 'x'))
    copyFileSync(recordPath(app, otto), recordPath(app, dana))

    t.strictSame(await ask('POST', '/seal', { after: null }), { status: 200, body: { status: 'ok', sealed: 0, unreadable: 1, next: null } })
    t.strictSame(readFileSync(recordPath(app, dana)), readFileSync(recordPath(app, otto)))
  })

  t.test('answers 409 without a key', async (t) => {
    const { ask } = await operator(t)

    t.strictSame(await ask('POST', '/seal', { after: null }), fault(409, 'Conflict', 'BRIDGE_SEALING_OFF',
      'There is no key to seal with: set DATA_ENCRYPTION_KEY and start the bridge again'))
  })

  t.test('wants to know after whom', async (t) => {
    const { ask } = await operator(t, { DATA_ENCRYPTION_KEY })

    for (const body of [undefined, {}, { after: '' }, { after: '+15550100123' }, { after: 'A'.repeat(64) }, { after: 1 }, { after: null, limit: 1 }]) {
      const { status, body: { code } } = await ask('POST', '/seal', body)
      t.strictSame([status, code], [400, 'BRIDGE_REQUEST_INVALID'], JSON.stringify(body))
    }
  })

  t.test('answers 503 while the storage fails', async (t) => {
    const { app, ask } = await operator(t, { DATA_ENCRYPTION_KEY })
    t.intercept(app.store, 'list', { value: async () => { throw new StorageUnavailable() } })

    t.match(await ask('POST', '/seal', { after: null }), { status: 503, body: { code: 'BRIDGE_STORAGE_UNAVAILABLE' } })
  })
})
