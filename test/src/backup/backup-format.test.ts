import { createHmac } from 'node:crypto'
import t, { type Test } from 'tap'
import { hashKeyId } from '../../../src/phone/phone-hash.ts'
import { changeProfile, erase } from '../../../src/caller/profile.ts'
import type { Store } from '../../../src/store/store.ts'
import { addNote, at, callerHash, contextOf, fact, filePlace } from '../../stored.ts'
import { backUp, fromLines, linesIn, otherSealer, readAll, sealer } from './backup.ts'

/** Dana with a fact, somebody erased, somebody who opted out, a note. */
async function filled (t: Test): Promise<Store> {
  const store = await filePlace(t).open()
  const [dana, erased, out] = [1, 2, 3].map(callerHash) as [string, string, string]
  await store.update(dana, fact(dana, 'likes tea,\u2028green tea 🍵'))
  await store.update(erased, erase(at(5)))
  await store.update(out, changeProfile(contextOf(out, 6), { remember: false }))
  await addNote(store, { id: 'n1', text: 'closed at noon', created_at: at(1), expires_at: null })
  await store.updateDocument('own-numbers', () => ({ value: { version: 1, phone_hashes: [callerHash(9)] }, result: null }))
  await store.updateDocument('keys', () => ({ value: { version: 1, seals: [] }, result: null }))
  return store
}

t.test('a backup holds every caller, mark, note and own number, and reads back', async (t) => {
  const store = await filled(t)
  const expected = (await store.list('all', null, 10)).callers
    .map(({ phoneHash, record, erasedAt }) => ({ caller: { phone_hash: phoneHash, record, erased_at: erasedAt } }))
  const documents = [
    { document: { name: 'notes', value: await store.loadDocument('notes') } },
    { document: { name: 'own-numbers', value: await store.loadDocument('own-numbers') } }
  ]

  for (const using of [null, sealer]) {
    const { bytes, result } = await backUp(store, { sealer: using })
    t.strictSame(result, { callers: 3, documents: 2, unreadable: 0, missing: [] })
    const { entries, counts } = await readAll(t, bytes, using)
    t.strictSame(entries, [...documents, ...expected])
    t.strictSame(counts, { callers: 3, documents: 2, unreadable: 0 })
  }
})

t.test('the first line says what it is', async (t) => {
  const { bytes } = await backUp(await filled(t), { sealer })

  t.strictSame(JSON.parse(linesIn(bytes)[0]!), {
    format: 'memory-bridge backup',
    version: 1,
    created_at: at(100),
    bridge_version: '0.1.0',
    hash_key_id: null,
    seal_key_id: sealer.keyIds[0]
  })
})

t.test('of a sealed backup nothing but the first line can be read', async (t) => {
  const { bytes } = await backUp(await filled(t), { sealer })
  const text = linesIn(bytes).slice(1).join('\n')

  // Words so long, or with a blank, that no ciphertext has them by chance.
  for (const words of ['caller', 'likes tea', 'at noon', callerHash(1), callerHash(9).slice(0, 8)]) t.notMatch(text, words)
})

t.test('what is not whole is refused', async (t) => {
  const { bytes } = await backUp(await filled(t))
  const lines = linesIn(bytes)
  const without = (n: number) => fromLines(lines.filter((_, index) => index !== n))
  const changed = (
    n: number,
    change: (text: string) => string
  ) => fromLines(lines.map((line, index) => index === n ? change(line) : line))
  const flipped = Buffer.from(bytes)
  flipped[200]! ^= 1

  const cases: Array<[what: string, bytes: Buffer, message: RegExp]> = [
    ['a file of nothing', Buffer.alloc(0), /end is missing|empty|cut off/],
    ['a file that is not compressed', Buffer.from(lines.join('\n')), /damaged or cut off/],
    ['another compressed file', fromLines(['{"hello":"world"}']), /not a backup of a memory bridge/],
    ['another version', changed(0, (line) => line.replace('"version":1', '"version":2')), /another version/],
    ['a damaged first line', changed(0, (line) => line.replace('"created_at"', '"made_at"')), /first line is damaged/],
    ['a file that is cut off', bytes.subarray(0, -20), /damaged or cut off/],
    ['a flipped bit', flipped, /damaged/],
    ['a missing caller', without(3), /should have 3 callers and 2 documents, but has 2 and 2/],
    ['a missing document', without(1), /should have 3 callers and 2 documents, but has 3 and 1/],
    ['a missing end', without(lines.length - 1), /its end is missing/],
    ['a line after the end', fromLines([...lines, lines[3]!]), /something follows/],
    ['a caller twice', fromLines([...lines.slice(0, 4), ...lines.slice(3)]), /not in order/],
    ['a line cut off', fromLines(lines.slice(0, 4).concat(lines[4]!.slice(0, -5))), /line 5 is damaged/],
    ['a record that fits no schema', changed(3, (line) => line.replace(/"erased_at":(null|"[^"]+")/, '"erased_at":7')), /line 4 is damaged/],
    ['a record under another caller\'s hash', changed(3, (line) => line.replace(/"phone_hash":"../, '"phone_hash":"00')), /line 4 is damaged/],
    ['a document with an unknown name', changed(1, (line) => line.replace('"notes"', '"keys"')), /line 2 is damaged/],
    ['a sum that is none', changed(lines.length - 1, (line) => line.replace('"callers":3', '"callers":null')), /line 7 is damaged/]
  ]
  for (const [what, damaged, message] of cases) await t.rejects(readAll(t, damaged), { code: 'BRIDGE_BACKUP_UNUSABLE', message }, what)
})

t.test('of a sealed backup, lines that were moved, mixed or changed are refused', async (t) => {
  const store = await filled(t)
  const lines = linesIn((await backUp(store, { sealer })).bytes)
  const others = linesIn((await backUp(store, { sealer, about: { created_at: at(200), bridge_version: '0.1.0', hash_key_id: null } })).bytes)
  const swapped = [...lines]
  ;[swapped[3], swapped[4]] = [swapped[4]!, swapped[3]!]

  const cases: Array<[what: string, bytes: Buffer, using: typeof sealer | null, message: RegExp]> = [
    ['another key', fromLines(lines), otherSealer, /line 2: .*sealed with key [0-9a-f]+, which is not in DATA_ENCRYPTION_KEY/],
    ['no key', fromLines(lines), null, /set the DATA_ENCRYPTION_KEY/],
    ['two lines in another order', fromLines(swapped), sealer, /line 4: .*another name/],
    ['a line less', fromLines(lines.filter((_, n) => n !== 4)), sealer, /line 5: .*another name/],
    ['a line of another backup', fromLines(lines.map((line, n) => n === 3 ? others[3]! : line)), sealer, /line 4: .*another name/],
    ['another first line', fromLines([others[0]!, ...lines.slice(1)]), sealer, /line 2: .*another name/],
    ['a plain line', fromLines([...lines.slice(0, 3), '{}', ...lines.slice(4)]), sealer, /line 4 is damaged/]
  ]
  for (const [what, damaged, using, message] of cases) await t.rejects(readAll(t, damaged, using), { code: 'BRIDGE_BACKUP_UNUSABLE', message }, what)
})

t.test('a key\'s id tells keys apart', async (t) => {
  t.equal(hashKeyId(undefined), null)
  t.equal(hashKeyId('one'), createHmac('sha256', 'one').update('memory-bridge hash key id').digest('hex').slice(0, 8))
  t.not(hashKeyId('one'), hashKeyId('other'))
})
