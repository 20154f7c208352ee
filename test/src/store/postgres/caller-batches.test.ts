import t from 'tap'
import type { Caller, Change } from '../../../../src/caller/caller.ts'
import { createCallerBatches, type Transact } from '../../../../src/store/postgres/caller-batches.ts'
import { callerHash } from '../../../stored.ts'

const dana = callerHash(1)
const otto = callerHash(2)
const nobody: Caller = { record: null, erasedAt: null }

/** Notes in the mark how often changes were made: enough of a caller for counting. */
const count: Change<number> = ({ erasedAt }) => ({
  caller: { record: null, erasedAt: String(Number(erasedAt) + 1) },
  result: Number(erasedAt) + 1
})

/** A database of callers that are counted, which takes a turn for each transaction. */
function database () {
  const callers = new Map<string, Caller>()
  const transactions: Array<{ phoneHash: string, isSoon: boolean }> = []
  const transact: Transact = async (phoneHash, apply, isSoon) => {
    await new Promise(setImmediate)
    const after = apply(callers.get(phoneHash) ?? nobody)
    transactions.push({ phoneHash, isSoon: isSoon() })
    await new Promise(setImmediate)
    callers.set(phoneHash, after)
  }
  return { callers, transactions, transact }
}

t.test('changes of one caller that come at once go into few transactions, in order', async (t) => {
  const { callers, transactions, transact } = database()
  const batches = createCallerBatches(transact)

  const first = Array.from({ length: 1000 }, () => batches.change(dana, count, false))
  const result = await first[0]!
  const second = Array.from({ length: 10 }, () => batches.change(dana, count, false))

  t.equal(result, 1)
  t.strictSame(await Promise.all([...first, ...second]), Array.from({ length: 1010 }, (_, n) => n + 1))
  t.equal(callers.get(dana)?.erasedAt, '1010')
  t.equal(transactions.length, 2)
})

t.test('changes that come while a transaction ends go into the next one', async (t) => {
  const { transactions, transact } = database()
  let late: Promise<number> | null = null
  const batches = createCallerBatches(async (phoneHash, apply, isSoon) => {
    await transact(phoneHash, apply, isSoon)
    late ??= batches.change(dana, count, false)
  })

  t.equal(await batches.change(dana, count, false), 1)

  t.equal(await late, 2)
  t.equal(transactions.length, 2)
})

t.test('callers do not wait for each other', async (t) => {
  const { transact } = database()
  let release = () => {}
  const held = new Promise<void>((resolve) => { release = resolve })
  const batches = createCallerBatches(async (phoneHash, apply, isSoon) => {
    if (phoneHash === dana) await held
    await transact(phoneHash, apply, isSoon)
  })

  const waiting = batches.change(dana, count, false)
  t.equal(await batches.change(otto, count, false), 1)
  release()
  t.equal(await waiting, 1)
})

t.test('a change that throws affects only itself', async (t) => {
  const { transact } = database()
  const batches = createCallerBatches(transact)
  const refusal = new Error('no')

  const results = await Promise.allSettled([
    batches.change(dana, count, false), batches.change(
      dana,
      () => { throw refusal },
      false
    ), batches.change(dana, count, false)
  ])

  t.strictSame(results, [{ status: 'fulfilled', value: 1 }, { status: 'rejected', reason: refusal }, { status: 'fulfilled', value: 2 }])
})

t.test('a transaction that is retried applies the changes again, to what it reads then', async (t) => {
  const { transact } = database()
  const batches = createCallerBatches(async (phoneHash, apply, isSoon) => {
    apply({ record: null, erasedAt: '100' })
    await transact(phoneHash, apply, isSoon)
  })

  t.equal(await batches.change(dana, count, false), 1)
})

t.test('a failed transaction fails every waiting change, and the next one starts afresh', async (t) => {
  const { callers, transact } = database()
  const failure = new Error('away')
  let isAway = true
  const batches = createCallerBatches(async (...args) => {
    await new Promise(setImmediate)
    if (isAway) throw failure
    await transact(...args)
  })

  const results = await Promise.allSettled([batches.change(dana, count, false), batches.change(dana, count, true)])
  isAway = false

  t.strictSame(results, [{ status: 'rejected', reason: failure }, { status: 'rejected', reason: failure }])
  t.equal(await batches.change(dana, count, false), 1)
  t.equal(callers.get(dana)?.erasedAt, '1')
})

t.test('a batch waits for the disk unless none of its changes has to', async (t) => {
  const { transactions, transact } = database()
  const batches = createCallerBatches(transact)

  await Promise.all([batches.change(dana, count, true), batches.change(dana, count, true)])
  await Promise.all([batches.change(dana, count, true), batches.change(dana, count, false)])

  t.strictSame(transactions, [{ phoneHash: dana, isSoon: true }, { phoneHash: dana, isSoon: false }])
})
