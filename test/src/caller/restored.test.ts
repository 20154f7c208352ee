import t from 'tap'
import type { CallerRecord, StoredCaller } from '../../../schemas/caller-record.ts'
import { recordToChange, type Caller } from '../../../src/caller/caller.ts'
import { changeProfile, erase } from '../../../src/caller/profile.ts'
import { restoreCaller, type Restored } from '../../../src/caller/restored.ts'
import { at, callerHash, contextOf, deepFreeze } from '../../stored.ts'

const dana = callerHash(1)
const nobody: Caller = { record: null, erasedAt: null }

/** A record that began at a moment, in seconds. */
function begun (seconds: number, name: string | null = null): CallerRecord {
  return { ...recordToChange(nobody, contextOf(dana, seconds)), caller_name: name }
}

const optedOut: StoredCaller = { phone_hash: dana, remember: false }

const cases: Array<[what: string, stored: Caller, saved: Caller, after: Caller, result: Restored]> = [
  ['a record comes back where there is none',
    nobody, { record: begun(1), erasedAt: null }, { record: begun(1), erasedAt: null }, 'restored'],
  ['a record that is there stays as it is',
    { record: begun(1, 'New'), erasedAt: null }, { record: begun(1, 'Old'), erasedAt: null }, { record: begun(1, 'New'), erasedAt: null }, 'kept'],
  ['an erasure since the backup holds',
    { record: null, erasedAt: at(5) }, { record: begun(1), erasedAt: null }, { record: null, erasedAt: at(5) }, 'dropped'],
  ['an erasure in the very moment that the record began holds',
    { record: null, erasedAt: at(5) }, { record: begun(5), erasedAt: null }, { record: null, erasedAt: at(5) }, 'dropped'],
  ['a record that began after an erasure comes back',
    { record: null, erasedAt: at(5) }, { record: begun(6), erasedAt: null }, { record: begun(6), erasedAt: at(5) }, 'restored'],
  ['a record that began in the moment of its own erasure comes back with the mark',
    nobody, { record: begun(5), erasedAt: at(5) }, { record: begun(5), erasedAt: at(5) }, 'restored'],
  ['the same, where the mark is there already',
    { record: null, erasedAt: at(5) }, { record: begun(5), erasedAt: at(5) }, { record: begun(5), erasedAt: at(5) }, 'restored'],
  ['an erasure that the backup knows of takes what is older than it',
    { record: begun(1), erasedAt: null }, { record: null, erasedAt: at(5) }, { record: null, erasedAt: at(5) }, 'erased'],
  ['and leaves what began after it',
    { record: begun(6), erasedAt: null }, { record: null, erasedAt: at(5) }, { record: begun(6), erasedAt: at(5) }, 'kept'],
  ['what is older than it gives way to what began after it',
    { record: begun(1, 'Old'), erasedAt: null }, { record: begun(6, 'New'), erasedAt: at(5) }, { record: begun(6, 'New'), erasedAt: at(5) }, 'replaced'],
  ['the later mark stays: the store\'s',
    { record: null, erasedAt: at(7) }, { record: null, erasedAt: at(5) }, { record: null, erasedAt: at(7) }, 'mark'],
  ['the later mark stays: the backup\'s',
    { record: null, erasedAt: at(5) }, { record: null, erasedAt: at(7) }, { record: null, erasedAt: at(7) }, 'mark'],
  ['an opt-out in the store stays',
    { record: optedOut, erasedAt: at(5) }, { record: begun(6), erasedAt: null }, { record: optedOut, erasedAt: at(5) }, 'dropped'],
  ['an opt-out comes back',
    nobody, { record: optedOut, erasedAt: at(5) }, { record: optedOut, erasedAt: at(5) }, 'restored'],
  ['an opt-out whose mark is gone by now comes back, too',
    nobody, { record: optedOut, erasedAt: null }, { record: optedOut, erasedAt: null }, 'restored'],
  ['an opt-out that the store has never heard of takes the record, even a newer one',
    { record: begun(9), erasedAt: null }, { record: optedOut, erasedAt: at(5) }, { record: optedOut, erasedAt: at(5) }, 'erased'],
  ['an opt-out that was lifted since stays lifted',
    { record: begun(9), erasedAt: at(5) }, { record: optedOut, erasedAt: at(5) }, { record: begun(9), erasedAt: at(5) }, 'kept']
]

for (const [what, stored, saved, after, result] of cases) {
  t.test(what, async (t) => {
    const first = restoreCaller(deepFreeze(saved), false)(deepFreeze(stored))
    t.strictSame(first, { caller: after, result })

    const second = restoreCaller(saved, false)(first.caller)
    t.equal(second.caller, first.caller, 'a second run writes nothing')
  })
}

t.test('overwriting', async (t) => {
  const restore = (stored: Caller, saved: Caller) => restoreCaller(deepFreeze(saved), true)(deepFreeze(stored))

  t.test('restores the backup\'s record, once', async (t) => {
    const saved = { record: begun(1, 'Old'), erasedAt: null }
    const first = restore({ record: begun(1, 'New'), erasedAt: null }, saved)
    t.strictSame(first, { caller: saved, result: 'replaced' })
    const second = restore(first.caller, structuredClone(saved))
    t.equal(second.caller, first.caller)
    t.equal(second.result, 'kept')
  })

  t.test('does not bring back what was erased, and does not undo an opt-out', async (t) => {
    const erased = { record: begun(6, 'New'), erasedAt: at(5) }
    t.equal(restore(erased, { record: begun(1, 'Old'), erasedAt: null }).caller, erased)
    const out = { record: optedOut, erasedAt: at(5) }
    t.equal(restore(out, { record: begun(9, 'New'), erasedAt: null }).caller, out)
  })

  t.test('removes nothing that the backup does not have', async (t) => {
    const stored = { record: begun(6), erasedAt: null }
    t.equal(restore(stored, { record: null, erasedAt: at(1) }).caller.record, stored.record)
  })
})

t.test('a caller who opted in again is recognised by the mark of the opt-out', async (t) => {
  const known: Caller = { record: begun(1), erasedAt: null }
  const out = changeProfile(contextOf(dana, 5), { remember: false })(known).caller
  const back = changeProfile(contextOf(dana, 9), { remember: true })(out).caller

  t.equal(restoreCaller(out, true)(back).caller, back)
})

t.test('an erasure and its backup do not depend on the order', async (t) => {
  const known: Caller = { record: begun(1), erasedAt: null }
  const erased = erase(at(5))(known).caller

  t.strictSame(restoreCaller(known, false)(erased).caller, restoreCaller(erased, false)(known).caller)
})
