import t, { type Test } from 'tap'
import { StorageUnavailable } from '../../../src/errors.ts'
import { newSweep, NO_COUNTS } from '../../../src/store/sweep-lease.ts'
import { NOW, operator } from './client.ts'

/** A bridge that has swept, with nothing to do, and whose last sweep then is `sweep`. */
async function bridge (t: Test, phase: 'counting' | 'stopped') {
  const { app, ask } = await operator(t)
  await app.ready()
  while (typeof (await app.store.loadDocument('sweep'))?.finished_at !== 'string') await new Promise((resolve) => setImmediate(resolve))
  const begun = newSweep(new Date(NOW), { marks: 90, callers: null }, { reasons: ['clock'], counted_at: NOW, callers: 50, to_erase: 2, max_share: 10, clock_drift_secs: 7200 })
  await app.store.updateDocument('sweep', () => ({ value: { ...begun, plan: { ...begun.plan, phase, counted: { callers: 50, to_erase: 2 } } }, result: null }))
  return { app, ask }
}

const warning = `A sweep is stopped and removes nothing: with the clock at ${NOW} it would erase 2 of 50 callers. ` +
  'Since the bridge was started the clock was set ahead by 2 hours, or the machine slept. Check the clock. If the sweep is right, run "memory-bridge sweep --confirm" or restart the bridge.'

t.test('POST /api/sweep', async (t) => {
  t.test('shows a sweep that is stopped, and changes nothing', async (t) => {
    const { app, ask } = await bridge(t, 'stopped')
    const before = await app.store.loadDocument('sweep')

    t.strictSame(await ask('POST', '/sweep', { confirm: false }), {
      status: 200,
      body: {
        status: 'ok', state: 'stopped', confirmed: false, message: warning, started_at: NOW, finished_at: null, callers: 50, to_erase: 2, counts: NO_COUNTS
      }
    })
    t.strictSame(await app.store.loadDocument('sweep'), before)
  })

  t.test('lets it go on at once', async (t) => {
    const { app, ask } = await bridge(t, 'stopped')

    t.strictSame(await ask('POST', '/sweep', { confirm: true }), {
      status: 200,
      body: {
        status: 'ok',
        state: 'erasing',
        confirmed: true,
        message: `Confirmed: the sweep erases 2 of 50 callers, as counted at ${NOW}.`,
        started_at: NOW,
        finished_at: null,
        callers: 50,
        to_erase: 2,
        counts: NO_COUNTS
      }
    })
    t.match(app.lines.filter(({ msg }) => /confirmed/.test(String(msg))), [{ level: 30, callers: 50, to_erase: 2 }])
    while (typeof (await app.store.loadDocument('sweep'))?.finished_at !== 'string') await new Promise((resolve) => setImmediate(resolve))
    const { body } = await ask('POST', '/sweep', { confirm: true })
    t.match(body, { state: 'finished', confirmed: false, message: /^The last sweep began .* 0 callers were erased/ }, 'and a second word changes nothing')
  })

  t.test('confirms nothing while it is counted anew', async (t) => {
    const { ask } = await bridge(t, 'counting')

    t.match(await ask('POST', '/sweep', { confirm: true }), { status: 200, body: { state: 'counting', confirmed: false, callers: null, to_erase: null, message: /removes nothing yet/ } })
  })

  t.test('wants to know whether it is confirmed', async (t) => {
    const { ask } = await operator(t)

    for (const body of [undefined, {}, { confirm: 'true' }, { confirm: 1 }, { confirm: null }, { confirm: true, count: 1 }]) {
      const { status, body: { code } } = await ask('POST', '/sweep', body)
      t.strictSame([status, code], [400, 'BRIDGE_REQUEST_INVALID'], JSON.stringify(body))
    }
  })

  t.test('answers 503 while the storage fails', async (t) => {
    const { app, ask } = await operator(t)
    t.intercept(app.store, 'updateDocument', { value: async () => { throw new StorageUnavailable() } })

    t.match(await ask('POST', '/sweep', { confirm: true }), { status: 503, body: { code: 'BRIDGE_STORAGE_UNAVAILABLE' } })
  })
})
