import t from 'tap'
import { faultsOf, observe } from '../../../bench/chaos/checks.ts'
import { createLedger, erasedKeys, type Ledger, type Observed, type Result } from '../../../bench/chaos/ledger.ts'

const DANA = 'd'.repeat(64)
const nothing: Observed = { facts: [], notes: [], calls: [], callCount: 0 }
const teaFact: Observed = { ...nothing, facts: ['tea'] }

function storeFact (ledger: Ledger, result: Result, key = 'tea'): void {
  ledger.finish(ledger.store(ledger.item('fact', DANA, key)), result)
}

function erase (ledger: Ledger, result: Result): void {
  ledger.finish(ledger.erase(DANA), result)
}

function endCall (ledger: Ledger, result: Result, id = 'c1'): void {
  ledger.finish(ledger.store(ledger.item('call', DANA, id), ledger.item('end', DANA, id)), result)
}

function startCall (ledger: Ledger, result: Result, id = 'c1'): void {
  ledger.finish(ledger.store(ledger.item('call', DANA, id)), result)
}

const closed = (id: string) => ({ id, isClosed: true })
const open = (id: string) => ({ id, isClosed: false })
const oneCall = (call: Observed['calls'][number]): Observed => ({ ...nothing, calls: [call], callCount: 1 })

type Case = [what: string, write: (ledger: Ledger) => void, found: Observed, wasStopped?: boolean]

const KEPT: Case[] = [
  ['an acknowledged fact that is there', (ledger) => storeFact(ledger, 'acknowledged'), teaFact],
  ['a fact without a response that is there', (ledger) => storeFact(ledger, 'unknown'), teaFact],
  ['a fact without a response that is not there', (ledger) => storeFact(ledger, 'unknown'), nothing],
  ['a refused fact that is not there', (ledger) => storeFact(ledger, 'refused'), nothing],
  ['an erased fact that is gone', (ledger) => { storeFact(ledger, 'acknowledged'); erase(ledger, 'acknowledged') }, nothing],
  ['a fact that may have been erased, there', (ledger) => { storeFact(ledger, 'acknowledged'); erase(ledger, 'unknown') }, teaFact],
  ['a fact that may have been erased, gone', (ledger) => { storeFact(ledger, 'acknowledged'); erase(ledger, 'unknown') }, nothing],
  ['an erased fact that was added again', (ledger) => { erase(ledger, 'acknowledged'); storeFact(ledger, 'acknowledged') }, teaFact],
  ['a fact whose erasure was refused', (ledger) => { storeFact(ledger, 'acknowledged'); erase(ledger, 'refused') }, teaFact],
  ['a call start that a crash lost', (ledger) => startCall(ledger, 'recorded'), nothing],
  ['a call start that is on disk after a stop', (ledger) => startCall(ledger, 'recorded'), oneCall(open('c1')), true],
  ['a call that has ended', (ledger) => {
    startCall(ledger, 'recorded')
    endCall(ledger, 'acknowledged')
  }, oneCall(closed('c1'))],
  ['a call that has ended, of which only the ids are kept', (ledger) => endCall(ledger, 'acknowledged'),
    oneCall({ id: 'c1', isClosed: null })]
]

const BROKEN: Case[] = [
  ['a lost fact', (ledger) => storeFact(ledger, 'acknowledged'), nothing],
  ['a fact that nobody sent', () => {}, teaFact],
  ['a refused fact that is there', (ledger) => storeFact(ledger, 'refused'), teaFact],
  ['a fact stored twice', (ledger) => storeFact(ledger, 'acknowledged'), { ...nothing, facts: ['tea', 'tea'] }],
  ['an erased fact that is back', (ledger) => { storeFact(ledger, 'acknowledged'); erase(ledger, 'acknowledged') }, teaFact],
  ['an erased fact that never got a response, back', (ledger) => {
    const attempt = ledger.store(ledger.item('fact', DANA, 'tea'))
    ledger.finish(attempt, 'unknown')
    ledger.processEnded()
    erase(ledger, 'acknowledged')
  }, teaFact],
  ['a recorded call start that a stop lost', (ledger) => startCall(ledger, 'recorded'), nothing, true],
  ['a call end that is lost', (ledger) => endCall(ledger, 'acknowledged'), nothing],
  ['a call that has ended and is open', (ledger) => endCall(ledger, 'acknowledged'), oneCall(open('c1'))],
  ['a call listed twice', (ledger) => endCall(ledger, 'acknowledged'),
    { ...nothing, calls: [closed('c1'), closed('c1')], callCount: 2 }],
  ['a call counted twice', (ledger) => endCall(ledger, 'acknowledged'), { ...oneCall(closed('c1')), callCount: 2 }]
]

t.test('finds nothing wrong with', async (t) => {
  for (const [what, write, found, wasStopped = false] of KEPT) {
    const ledger = createLedger()
    write(ledger)
    t.strictSame(faultsOf(ledger, DANA, found, wasStopped), [], what)
  }
})

t.test('finds', async (t) => {
  for (const [what, write, found, wasStopped = false] of BROKEN) {
    const ledger = createLedger()
    write(ledger)
    t.not(faultsOf(ledger, DANA, found, wasStopped).length, 0, what)
  }
})

t.test('what a restart showed has to stay so', async (t) => {
  const ledger = createLedger()
  storeFact(ledger, 'unknown', 'was written')
  storeFact(ledger, 'unknown', 'was not')
  ledger.processEnded()

  ledger.settle(DANA, { ...nothing, facts: ['was written'] })

  t.strictSame(faultsOf(ledger, DANA, { ...nothing, facts: ['was written'] }, false), [])
  t.equal(faultsOf(ledger, DANA, nothing, false).length, 1, 'it was there')
  t.equal(faultsOf(ledger, DANA, { ...nothing, facts: ['was written', 'was not'] }, false).length, 1, 'it was not')
})

t.test('knows what no file may hold any more', async (t) => {
  const ledger = createLedger()
  storeFact(ledger, 'acknowledged', 'before')
  endCall(ledger, 'acknowledged', 'calls again')
  erase(ledger, 'acknowledged')
  storeFact(ledger, 'acknowledged', 'after')
  startCall(ledger, 'recorded', 'calls again')
  ledger.settle(DANA, { ...nothing, facts: ['after'], calls: [open('calls again')], callCount: 1 })

  t.strictSame([...erasedKeys(ledger)], ['before'])
})

t.test('reads a record', async (t) => {
  t.strictSame(observe(null), nothing)
  t.strictSame(observe({ phone_hash: DANA, remember: false }), nothing)
})
