import t from 'tap'
import type { Note } from '../../../schemas/caller-record.ts'
import { restoreNotes, restoreOwnNumbers } from '../../../src/backup/united-documents.ts'
import { at, callerHash, deepFreeze } from '../../stored.ts'

function note (id: string, seconds: number, text = id): Note {
  return { id, text, created_at: at(seconds), expires_at: null }
}

const notes = (...list: Note[]) => deepFreeze({ version: 1 as const, notes: list })
const numbers = (...ns: number[]) => deepFreeze({ version: 1 as const, phone_hashes: ns.map(callerHash) })

t.test('notes of both stay, oldest first', async (t) => {
  const change = restoreNotes(notes(note('b', 2), note('c', 3)), false)

  t.strictSame(change(notes(note('a', 1), note('d', 4))), { value: notes(note('a', 1), note('b', 2), note('c', 3), note('d', 4)), result: 2 })
  t.strictSame(change(null), { value: notes(note('b', 2), note('c', 3)), result: 2 })
})

t.test('of a note in both the store\'s text counts, or the backup\'s when it overwrites', async (t) => {
  const stored = notes(note('a', 1, 'new'))
  const saved = notes(note('a', 1, 'old'))

  t.equal(restoreNotes(saved, false)(stored).value, stored)
  t.strictSame(restoreNotes(saved, true)(stored), { value: saved, result: 0 })
})

t.test('deleted notes of both stay on the list, but for those that come back', async (t) => {
  const deleted = (...ids: Array<[id: string, seconds: number]>) =>
    ids.map(([id, seconds]) => ({ id, at: at(seconds) }))
  const saved = deepFreeze({ ...notes(note('a', 1), note('b', 2)), deleted: deleted(['c', 5], ['d', 7]) })
  const stored = deepFreeze({ ...notes(note('a', 1)), deleted: deleted(['e', 4], ['c', 5], ['b', 8]) })
  const united = { ...notes(note('a', 1), note('b', 2)), deleted: deleted(['e', 4], ['c', 5], ['d', 7]) }

  t.strictSame(restoreNotes(saved, false)(stored), { value: united, result: 1 })
  t.strictSame(restoreNotes(saved, false)(null), { value: saved, result: 2 })
  t.equal(restoreNotes(notes(note('a', 1)), false)(stored).value, stored)

  const many = deleted(...Array.from({ length: 1000 }, (_, n): [string, number] => [`old-${n}`, n]), ['newest', 1000])
  const { value } = restoreNotes({ ...saved, deleted: many }, false)(null)
  t.strictSame(value?.deleted, many.slice(1))
})

t.test('own numbers of both stay', async (t) => {
  t.strictSame(restoreOwnNumbers(numbers(2, 3))(numbers(1, 2)), { value: numbers(1, 2, 3), result: 1 })
  t.strictSame(restoreOwnNumbers(numbers(2))(null), { value: numbers(2), result: 1 })
})

t.test('a second run writes nothing', async (t) => {
  for (const overwrite of [false, true]) {
    const saved = notes(note('b', 2), note('a', 1))
    const once = restoreNotes(saved, overwrite)(notes(note('c', 3))).value
    t.equal(restoreNotes(saved, overwrite)(once).value, once)
  }
  const once = restoreOwnNumbers(numbers(2))(numbers(1)).value
  t.equal(restoreOwnNumbers(numbers(2))(once).value, once)
})
