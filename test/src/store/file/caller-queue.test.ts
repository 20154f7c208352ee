import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import type { ErasureMark, StoredCaller } from '../../../../schemas/caller-record.ts'
import type { Change } from '../../../../src/caller/caller.ts'
import { dropErasureMark, erase } from '../../../../src/caller/profile.ts'
import { CallerQueue } from '../../../../src/store/file/caller-queue.ts'
import type { JsonDocument, Loaded } from '../../../../src/store/file/json-document.ts'
import { at, callerHash, fact } from '../../../stored.ts'

const dana = callerHash(1)

/** A document in memory, as slow as a disk, that keeps a diary and fails on demand. */
function slowDocument<T> (name: string, diary: string[]) {
  let held: Loaded<T> = { value: null, stamp: null, isSealedAsNow: true }
  let stamps = 0
  const document: JsonDocument<T> & { replace: (value: T | null) => void, failWith: Error | null, duringSave: () => void } = {
    failWith: null,
    duringSave: () => {},
    replace: (value) => { held = { value, stamp: value === null ? null : `${++stamps}`, isSealedAsNow: true } },
    async load () {
      await wait(1)
      if (document.failWith !== null) throw document.failWith
      diary.push(`load ${name}`)
      return held
    },
    async isAt (stamp) {
      await wait(1)
      return held.stamp === stamp
    },
    async save (value, base) {
      await wait(3)
      document.duringSave()
      if (document.failWith !== null) throw document.failWith
      if (base !== undefined && held.stamp !== base) return undefined
      diary.push(value === null ? `delete ${name}` : `save ${name}`)
      document.replace(value)
      return held.stamp
    }
  }
  return document
}

function slowQueue () {
  const diary: string[] = []
  const record = slowDocument<StoredCaller>('record', diary)
  const mark = slowDocument<ErasureMark>('mark', diary)
  const documents = { record, mark, removeRemains: async () => { diary.push('remove remains') } }
  const idle = { times: 0 }
  const queue = new CallerQueue(dana, documents, () => { idle.times++ })
  const update = async <T>(change: Change<T>) => await (await queue.change(change)).saved
  const count = (what: string) => diary.filter((entry) => entry === what).length
  return { queue, update, record, mark, diary, count, idle }
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
  t.equal(count('load record'), 1)
  t.ok(count('save record') <= 2, `${count('save record')} saves`)
  t.ok(idle.times >= 1)
})

t.test('a change is seen before it is saved, and resolves after', async (t) => {
  const { queue, count } = slowQueue()

  const { result, saved } = await queue.change(fact(dana, 'likes tea'))

  t.equal(result.totalFacts, 1)
  t.strictSame([await texts(queue), count('save record')], [['likes tea'], 0])
  t.equal((await saved).totalFacts, 1)
  t.equal(count('save record'), 1)
})

t.test('a change that changes nothing waits for what it rests upon', async (t) => {
  const { queue, record } = slowQueue()
  await (await queue.change(fact(dana, 'saved'))).saved
  const first = await queue.change(fact(dana, 'likes tea'))
  const repeat = await queue.change(fact(dana, 'likes tea'))
  record.failWith = new Error('disk full')

  t.equal(repeat.result.totalFacts, 2)
  t.match(await Promise.allSettled([first.saved, repeat.saved]), [
    { status: 'rejected', reason: record.failWith }, { status: 'rejected', reason: record.failWith }
  ])
})

t.test('a failed write fails all who wait, and the next change starts from what is saved', async (t) => {
  const { queue, update, record, idle } = slowQueue()
  await update(fact(dana, 'saved'))
  const idleBefore = idle.times
  record.duringSave = () => { record.failWith = new Error('disk full') }

  const results = await Promise.allSettled(Array.from({ length: 10 }, (_, n) => update(fact(dana, `lost ${n}`))))
  record.failWith = null
  record.duringSave = () => {}

  t.ok(results.every(({ status }) => status === 'rejected'))
  t.ok(idle.times > idleBefore, 'a failed queue is let go')
  t.strictSame(await texts(queue), ['saved'])
  t.equal((await update(fact(dana, 'after'))).totalFacts, 2)
})

t.test('a failed read fails all who wait for it, and the next one reads again', async (t) => {
  const { queue, update, record, idle } = slowQueue()
  record.failWith = new Error('unreadable')

  const results = await Promise.allSettled([queue.current(), update(fact(dana, 'x')), update(fact(dana, 'y'))])
  t.ok(results.every(({ status }) => status === 'rejected'))
  t.ok(idle.times > 0)
  record.failWith = null

  t.equal((await update(fact(dana, 'z'))).totalFacts, 1)
})

t.test('when the file was replaced, changes are made again, and a refusal concerns only the one that is refused', async (t) => {
  const { queue, record } = slowQueue()
  const replacement = fact(dana, 'by hand')({ record: null, erasedAt: null }).caller.record
  const refusesReplacement: Change<string> = (caller) => {
    if (caller.record?.remember && caller.record.facts[0]?.text === 'by hand') throw new Error('refused')
    return { caller: { ...caller }, result: 'accepted' }
  }

  const first = await queue.change(fact(dana, 'first'))
  const second = await queue.change(refusesReplacement)
  const third = await queue.change(fact(dana, 'third'))
  record.replace(replacement)
  const results = await Promise.allSettled([first.saved, second.saved, third.saved])

  t.equal(second.result, 'accepted')
  t.match(results, [
    { value: { totalFacts: 2 } }, { status: 'rejected', reason: { message: 'refused' } }, { value: { totalFacts: 3 } }
  ])
  t.strictSame(await texts(queue), ['by hand', 'first', 'third'])
})

t.test('a file that is deleted during the write itself does not come back', async (t) => {
  const { queue, update, record, count } = slowQueue()
  await update(fact(dana, 'old'))
  const saves = count('save record')
  record.duringSave = () => {
    record.duringSave = () => {}
    record.replace(null)
  }

  const results = await Promise.all([update(fact(dana, 'waiting')), update(fact(dana, 'too'))])

  t.strictSame(results.map(({ totalFacts }) => totalFacts), [1, 2])
  t.strictSame(await texts(queue), ['waiting', 'too'])
  t.equal(count('save record'), saves + 1)
})

t.test('an erasure writes its mark, removes what is left over, then deletes the record', async (t) => {
  const { update, diary } = slowQueue()
  await update(fact(dana, 'old'))
  diary.length = 0

  await update(erase(at(5)))

  t.strictSame(diary.filter((entry) => !entry.startsWith('load')), ['save mark', 'remove remains', 'delete record'])
})

t.test('a crash between mark and record leaves an erasure that counts, and is finished by the next change', async (t) => {
  const { queue, update, record, mark } = slowQueue()
  await update(fact(dana, 'old'))
  mark.duringSave = () => { record.failWith = new Error('crash') }

  await t.rejects(update(erase(at(5))), { message: 'crash' })
  record.failWith = null
  mark.duringSave = () => {}

  t.strictSame(await queue.current(), { erasedAt: at(5), record: null })
  await update((caller) => ({ caller, result: undefined }))
  t.equal((await record.load()).value, null)
})

t.test('dropping a mark deletes it and leaves the record', async (t) => {
  const { queue, update, count } = slowQueue()
  await update(erase(at(1)))
  await update(fact(dana, 'new'))
  const saves = count('save record')

  t.equal(await update(dropErasureMark(at(2))), true)

  t.match(await queue.current(), { erasedAt: null, record: { facts: [{ text: 'new' }] } })
  t.strictSame([count('delete mark'), count('save record')], [1, saves])
})

t.test('a queue is let go only when nobody uses it', async (t) => {
  const { queue, idle } = slowQueue()
  const { saved } = await queue.change(fact(dana, 'x'))

  t.equal(idle.times, 0, 'while a write is on its way')
  await saved
  await wait(0)
  t.equal(idle.times, 1)
  const reading = queue.current()
  t.equal(idle.times, 1)
  await reading
  t.equal(idle.times, 2)
})
