import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import pLimit from 'p-limit'
import t from 'tap'
import type { OpenRing, StoredCaller } from '../../../schemas/caller-record.ts'
import type { Caller, Change } from '../../../src/caller/caller.ts'
import { CallerQueue, type CallerQueueParts } from '../../../src/store/caller-queue.ts'
import type { StoredState } from '../../../src/store/documents.ts'
import { erase } from '../../../src/caller/profile.ts'
import { callerHash, callStart, fact } from '../../stored.ts'

const dana = callerHash(1)

/** A caller's files in memory, as slow as a disk, that keep a diary and fail on demand. */
function slowFiles (diary: string[]) {
  let versions = 0
  let held = stateOf({ record: null, erasedAt: null })
  function stateOf (caller: Caller): StoredState {
    const loaded = <T>(value: T | null) => ({ value, version: `${++versions}`, isCurrent: true, size: 100 })
    return {
      caller,
      record: loaded(caller.record),
      mark: loaded(caller.erasedAt === null ? null : { phone_hash: dana, erased_at: caller.erasedAt }),
      rings: { value: null, version: null, isCurrent: true, size: 0 }
    }
  }
  const files: CallerQueueParts['stored'] & {
    replace: (record: StoredCaller | null) => void,
    failWith: Error | null,
    duringWrite: () => void
  } = {
    failWith: null,
    duringWrite: () => {},
    replace: (record) => { held = stateOf({ record, erasedAt: null }) },
    async loadCallers () {
      await wait(1)
      if (files.failWith !== null) throw files.failWith
      diary.push('read')
      return [Promise.resolve(held)]
    },
    async isCallerUnchanged (_, state) {
      await wait(1)
      diary.push('look')
      return held.record.version === state.record.version
    },
    async saveCaller (_, caller, state, isSoon) {
      await wait(3)
      files.duringWrite()
      if (files.failWith !== null) throw files.failWith
      if (held.record.version !== state.record.version) return null
      diary.push(isSoon ? 'write soon' : 'write')
      held = stateOf(caller)
      return held
    },
    async saveRings (_, rings, caller, state) {
      await wait(3)
      files.duringWrite()
      if (files.failWith !== null) throw files.failWith
      if (held.record.version !== state.record.version || held.rings.version !== state.rings.version) return null
      diary.push('write rings')
      const value = [...state.rings.value ?? [], ...rings]
      held = { ...held, caller, rings: { value, version: `${++versions}`, isCurrent: true, size: 100 } }
      return held
    }
  }
  return files
}

/** A journal in memory, which is never full unless `isFull` is set. */
function journal (diary: string[]) {
  let open: OpenRing[] = []
  return {
    isFull: false,
    of: () => open,
    callers: () => open.map((ring) => ring.phone_hash),
    overdue: () => [],
    add (ring: OpenRing) {
      if (this.isFull) return false
      open = [...open, ring]
      return true
    },
    remove: (rings: readonly OpenRing[]) => { open = open.filter((ring) => !rings.includes(ring)) },
    written: async () => { diary.push('journal') }
  }
}

function slowQueue (freshMs = 500) {
  const diary: string[] = []
  const files = slowFiles(diary)
  const idle = { times: 0 }
  const turns = pLimit(1)
  const rings = journal(diary)
  const lost: Error[] = []
  const queue = new CallerQueue(dana, {
    driver: { rings, inTurn: (write) => turns(write), hearsSince: () => Infinity },
    stored: files,
    freshMs,
    onLost: (_, error) => lost.push(error),
    onIdle: () => { idle.times++ }
  })
  const update = async <T>(change: Change<T>) => await (await queue.change(change)).saved
  const count = (what: string) => diary.filter((entry) => entry === what).length
  return { queue, update, files, diary, count, idle, turns, rings, lost }
}

const texts = async (queue: CallerQueue) => {
  const { record } = await queue.current()
  return record?.remember ? record.facts.map(({ text }) => text) : []
}

t.test('changes that come during a write share the next one', async (t) => {
  const { queue, update, count, idle } = slowQueue()

  const results = await Promise.all(Array.from({ length: 50 }, (_, n) => update(fact(dana, `${n}`))))

  t.strictSame(results.map(({ totalFacts }) => totalFacts), Array.from({ length: 50 }, (_, n) => n + 1))
  t.equal((await texts(queue)).length, 50)
  t.equal(count('read'), 1)
  t.ok(count('write') <= 2, `${count('write')} writes`)
  t.ok(idle.times >= 1)
})

t.test('changes that come while a write waits for its turn join it', async (t) => {
  const { queue, update, count, turns } = slowQueue()
  const others = wait(20)
  const busy = turns(() => others)

  const first = update(fact(dana, 'first'))
  await wait(5)
  const second = update(fact(dana, 'second'))
  await Promise.all([busy, first, second])

  t.strictSame([await texts(queue), count('write')], [['first', 'second'], 1])
})

t.test('a change shows before it is saved, and resolves afterwards', async (t) => {
  const { queue, count } = slowQueue()

  const { result, saved } = await queue.change(fact(dana, 'likes tea'))

  t.equal(result.totalFacts, 1)
  t.strictSame([await texts(queue), count('write'), queue.isUnsaved], [['likes tea'], 0, true])
  t.equal((await saved).totalFacts, 1)
  await wait(0)
  t.strictSame([count('write'), queue.isUnsaved], [1, false])
})

t.test('a write is as durable as the most careful of its changes', async (t) => {
  const { queue, diary } = slowQueue()

  await queue.startSharedCall(callStart(dana, 'conv_1'))
  const start = queue.startSharedCall(callStart(dana, 'conv_2', 2))
  const careful = await queue.change(fact(dana, 'careful'))
  await Promise.all([start, careful.saved])

  t.strictSame(diary.filter((entry) => entry.startsWith('write')), ['write soon', 'write'])
})

t.test('on a shared medium, call starts of a known caller are written beside the record until it is written', async (t) => {
  const { queue, update, diary } = slowQueue(0)
  await update(fact(dana, 'likes tea'))

  t.equal((await queue.startSharedCall(callStart(dana, 'conv_1', 1)))?.callNumber, 1)
  t.strictSame(diary, ['read', 'write', 'write rings'], 'nobody looked')
  t.equal((await queue.startSharedCall(callStart(dana, 'conv_1', 2)))?.callNumber, 1)
  t.strictSame(diary.slice(3), [], 'a repeat has nothing to write')
  await wait(1)
  t.equal((await queue.startSharedCall(callStart(dana, 'conv_1', 2)))?.callNumber, 1)
  t.strictSame(diary.slice(3), ['look'], 'but a later one has to look')
  const [two, three] = await Promise.all([2, 3].map((n) => queue.startSharedCall(callStart(dana, `conv_${n}`, n))))
  t.strictSame([two?.callNumber, three?.callNumber, diary.slice(4)], [2, 3, ['write rings']])
  await update((caller) => ({ caller, result: undefined }))

  t.equal(diary.at(-1), 'write')
  t.match(await queue.current(), { record: { call_count: 3, facts: { length: 1 } } })
})

t.test('a call start on an old state is refused, and made again on the new one', async (t) => {
  const { queue, update, files, diary } = slowQueue(0)
  await update(fact(dana, 'old'))
  files.replace((await slowQueue().queue.current()).record)
  const other = slowQueue(0)
  await other.update(fact(dana, 'new'))
  files.replace((await other.queue.current()).record)

  const started = await queue.startSharedCall(callStart(dana, 'conv_1'))

  t.match(started?.record.facts, [{ text: 'new' }])
  t.strictSame(diary.slice(2), ['read', 'write rings'])
  files.replace(null)
  t.match(await queue.startSharedCall(callStart(dana, 'conv_2', 2)), { callNumber: 1, record: { facts: [] } })
  t.strictSame(diary.slice(4), ['read', 'write soon'], 'a stranger has no record for it to lie beside')
})

t.test('call starts that are refused twice, and the twentieth open one, are written with the record', async (t) => {
  const { queue, update, files, diary } = slowQueue(0)
  await update(fact(dana, 'old'))
  for (let n = 0; n < 20; n++) await queue.startSharedCall(callStart(dana, `conv_${n}`, n))
  t.strictSame(diary.slice(-2), ['write rings', 'write soon'])
  let replaced = 0
  files.duringWrite = () => { if (replaced++ < 2) files.replace(null) }
  await update(fact(dana, 'again'))
  replaced = 0
  const record = (await queue.current()).record
  files.duringWrite = () => { if (replaced++ < 2) files.replace(record) }

  t.equal((await queue.startSharedCall(callStart(dana, 'conv_last', 60)))?.callNumber, record?.remember && record.call_count + 1)

  t.strictSame([diary.at(-1), replaced], ['write soon', 3])
})

t.test('a change that changes nothing waits for the changes before it', async (t) => {
  const { queue, files } = slowQueue()
  await (await queue.change(fact(dana, 'saved'))).saved
  const first = await queue.change(fact(dana, 'likes tea'))
  const repeat = await queue.change(fact(dana, 'likes tea'))
  files.failWith = new Error('disk full')

  t.equal(repeat.result.totalFacts, 2)
  t.match(await Promise.allSettled([first.saved, repeat.saved]), [
    { status: 'rejected', reason: files.failWith }, { status: 'rejected', reason: files.failWith }
  ])
})

t.test('a failed write fails every waiting change, and the next one starts from what is saved', async (t) => {
  const { queue, update, files, idle } = slowQueue()
  await update(fact(dana, 'saved'))
  const idleBefore = idle.times
  files.duringWrite = () => { files.failWith = new Error('disk full') }

  const results = await Promise.allSettled(Array.from({ length: 10 }, (_, n) => update(fact(dana, `lost ${n}`))))
  files.failWith = null
  files.duringWrite = () => {}

  t.ok(results.every(({ status }) => status === 'rejected'))
  t.ok(idle.times > idleBefore, 'a failed queue is let go')
  t.strictSame(await texts(queue), ['saved'])
  t.equal((await update(fact(dana, 'after'))).totalFacts, 2)
})

t.test('a failed read fails everything that waits for it, and the next use reads again', async (t) => {
  const { queue, update, files, idle } = slowQueue()
  files.failWith = new Error('unreadable')

  const results = await Promise.allSettled([queue.current(), update(fact(dana, 'x')), update(fact(dana, 'y'))])
  t.ok(results.every(({ status }) => status === 'rejected'))
  t.ok(idle.times > 0)
  files.failWith = null

  t.equal((await update(fact(dana, 'z'))).totalFacts, 1)
})

t.test('when the file was replaced, changes are applied again, and one that throws fails alone', async (t) => {
  const { queue, files } = slowQueue()
  const replacement = fact(dana, 'by hand')({ record: null, erasedAt: null }).caller.record
  const refusesReplacement: Change<string> = (caller) => {
    if (caller.record?.remember && caller.record.facts[0]?.text === 'by hand') throw new Error('refused')
    return { caller: { ...caller }, result: 'accepted' }
  }

  const first = await queue.change(fact(dana, 'first'))
  const second = await queue.change(refusesReplacement)
  const third = await queue.change(fact(dana, 'third'))
  files.replace(replacement)
  const results = await Promise.allSettled([first.saved, second.saved, third.saved])

  t.equal(second.result, 'accepted')
  t.match(results, [
    { value: { totalFacts: 2 } }, { status: 'rejected', reason: { message: 'refused' } }, { value: { totalFacts: 3 } }
  ])
  t.strictSame(await texts(queue), ['by hand', 'first', 'third'])
})

t.test('a file that is deleted during the write itself does not come back', async (t) => {
  const { queue, update, files, count } = slowQueue()
  await update(fact(dana, 'old'))
  const writes = count('write')
  files.duringWrite = () => {
    files.duringWrite = () => {}
    files.replace(null)
  }

  const results = await Promise.all([update(fact(dana, 'waiting')), update(fact(dana, 'too'))])

  t.strictSame(results.map(({ totalFacts }) => totalFacts), [1, 2])
  t.strictSame(await texts(queue), ['waiting', 'too'])
  t.equal(count('write'), writes + 1)
})

t.test('files are not checked again within half a second; after that, a deleted file is noticed', async (t) => {
  const { queue, update, files, diary } = slowQueue()
  await update(fact(dana, 'old'))
  diary.length = 0

  files.replace(null)
  t.strictSame([await texts(queue), diary], [['old'], []])
  await wait(550)
  t.strictSame(await Promise.all([texts(queue), texts(queue)]), [[], []])

  t.strictSame(diary, ['look', 'read'], 'one look, also for two who ask')
})

t.test('a change that waits long for its turn is applied again when the file was deleted meanwhile', async (t) => {
  const { queue, update, files, turns } = slowQueue()
  await update(fact(dana, 'old'))
  const turn = new AbortController()
  const busy = turns(async () => { await once(turn.signal, 'abort') })
  const waiting = update(fact(dana, 'waiting'))

  await wait(10)
  files.replace(null)
  await wait(600)
  t.strictSame(await texts(queue), ['waiting'], 'before it is written')
  turn.abort()
  await Promise.all([busy, waiting])

  t.strictSame(await texts(queue), ['waiting'])
})

t.test('a queue is released only when nothing uses it', async (t) => {
  const { queue, idle } = slowQueue()
  const { saved } = await queue.change(fact(dana, 'x'))

  t.equal(idle.times, 0, 'while a write is on its way')
  await saved
  await wait(0)
  t.equal(idle.times, 1)
  await wait(550)
  const reading = queue.current()
  t.equal(idle.times, 1, 'while it looks at the files')
  await reading
  t.equal(idle.times, 2)
})

t.test('with nothing kept, each use looks again', async (t) => {
  const { queue, update, files, count } = slowQueue(0)
  await update(fact(dana, 'old'))
  files.replace(null)

  t.strictSame(await texts(queue), [])

  await Promise.all([texts(queue), texts(queue)])
  t.equal(count('look'), 3)
})

t.test('when others change the caller before every write, the changes fail after five seconds', async (t) => {
  const { queue, files } = slowQueue()
  let clock = 0
  t.intercept(performance, 'now', { value: () => (clock += 400) })
  let replaced = 0
  files.duringWrite = () => {
    replaced++
    files.replace(null)
  }

  const { saved } = await queue.change(fact(dana, 'likes tea'))

  await t.rejects(saved, { code: 'BRIDGE_STORAGE_UNAVAILABLE', cause: { message: 'others kept changing the caller' } })
  t.ok(replaced > 1)
})

t.test('a call start is not written, and the next change writes both', async (t) => {
  const { queue, update, count, rings, diary } = slowQueue()

  t.equal((await queue.startCall(callStart(dana, 'conv_1')))?.callNumber, 1)
  t.match(await queue.current(), { record: { calls: [{ conversation_id: 'conv_1' }] } })
  t.strictSame([count('write'), rings.of().length], [0, 1])

  await update(fact(dana, 'likes tea'))
  t.match(await queue.current(), { record: { call_count: 1, facts: [{ text: 'likes tea' }] } })
  t.strictSame([count('write'), rings.of().length, diary.includes('journal')], [1, 0, false])
})

t.test('a call start during a write stays open', async (t) => {
  const { queue, update, files, rings } = slowQueue()
  await queue.startCall(callStart(dana, 'conv_1', 1))
  files.duringWrite = () => {
    files.duringWrite = () => {}
    void queue.startCall(callStart(dana, 'conv_2', 2))
  }

  await update(fact(dana, 'likes tea'))

  t.match(rings.of(), [{ conversation_id: 'conv_2', had_record: false }])
  t.match(await queue.current(), { record: { call_count: 2, facts: { length: 1 } } })
})

t.test('a change that changes nothing writes the open call starts', async (t) => {
  const { queue, update, count, rings } = slowQueue()
  await queue.startCall(callStart(dana, 'conv_1'))

  await update((caller) => ({ caller, result: undefined }))

  t.strictSame([count('write'), rings.of().length], [1, 0])
})

t.test('when a write fails, call starts stay open', async (t) => {
  const { queue, update, files, rings } = slowQueue()
  await queue.startCall(callStart(dana, 'conv_1'))
  files.duringWrite = () => { files.failWith = new Error('disk full') }

  await t.rejects(update(fact(dana, 'lost')), { message: 'disk full' })
  files.failWith = null

  t.equal(rings.of().length, 1)
  t.match(await queue.current(), { record: { call_count: 1, facts: { length: 0 } } })
})

t.test('the call start of a record that was deleted by hand since is dropped', async (t) => {
  const { queue, update, files, rings } = slowQueue(0)
  await update(fact(dana, 'old'))
  await queue.startCall(callStart(dana, 'conv_1'))
  t.match(rings.of(), [{ had_record: true }])

  files.replace(null)

  t.strictSame(await queue.current(), { record: null, erasedAt: null })
  t.strictSame(rings.of(), [])
})

t.test('an erasure takes the call starts along, and waits until they are gone', async (t) => {
  const { queue, update, rings, diary } = slowQueue()
  await queue.startCall(callStart(dana, 'conv_1'))

  await update(erase('2026-11-22T10:00:00.000Z'))

  t.strictSame(diary.slice(-2), ['write', 'journal'])
  t.strictSame(rings.of(), [])
  t.match(await queue.current(), { record: null })
})

t.test('when the journal is full, the call goes on, and the call start counts as lost', async (t) => {
  const { queue, rings, lost } = slowQueue()
  rings.isFull = true

  t.equal((await queue.startCall(callStart(dana, 'conv_1')))?.callNumber, 1)

  t.match(lost, [{ code: 'BRIDGE_STORAGE_BUSY' }])
  t.match(await queue.current(), { record: null })
})

t.test('a caller with twenty open call starts is written', async (t) => {
  const { queue, count, rings } = slowQueue()

  for (let n = 0; n < 19; n++) await queue.startCall(callStart(dana, `conv_${n}`, n))
  t.equal(queue.isUnsaved, false)
  await queue.startCall(callStart(dana, 'conv_19', 19))
  while (queue.isUnsaved) await wait(1)

  t.strictSame([count('write'), rings.of().length], [1, 0])
})

t.test('so does an erasure that shares its write with a change after it', async (t) => {
  const { queue, rings, diary, turns } = slowQueue()
  await queue.startCall(callStart(dana, 'conv_1'))

  const busy = turns(() => wait(20))
  const erased = await queue.change(erase('2026-11-22T10:00:00.000Z'))
  const added = await queue.change(fact(dana, 'afresh', 7200))
  await Promise.all([busy, erased.saved, added.saved])

  t.strictSame(diary.filter((entry) => entry !== 'look' && entry !== 'read'), ['write', 'journal'])
  t.strictSame([rings.of(), await texts(queue)], [[], ['afresh']])
})

t.test('a call start during an erasure counts as that of a stranger', async (t) => {
  const { queue, update, files, rings } = slowQueue()
  await update(fact(dana, 'old'))
  files.duringWrite = () => {
    files.duringWrite = () => {}
    void queue.startCall(callStart(dana, 'conv_1', 7200))
  }

  await update(erase('2026-11-22T10:00:00.000Z'))

  t.match(rings.of(), [{ had_record: false, erased_at: '2026-11-22T10:00:00.000Z' }])
  t.match(await queue.current(), { record: { call_count: 1, facts: { length: 0 } } })
})
