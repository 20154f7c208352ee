import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { KeysInUse } from '../../../schemas/caller-record.ts'
import { checkKeys, recordSealedPage, type SealedPage } from '../../../src/store/keys-in-use.ts'
import { createSealer, keyIdOf } from '../../../src/store/sealer.ts'
import { callerHash, deepFreeze, filePlace } from '../../stored.ts'

const [k1, k2, k3] = [1, 2, 3].map(() => randomBytes(32).toString('base64')) as [string, string, string]
const [first, second, third] = [createSealer([k1]), createSealer([k2, k1]), createSealer([k3])]
const [a, b, c] = [1, 2, 3].map(callerHash).toSorted() as [string, string, string]

async function opened (t: Test) {
  const place = filePlace(t)
  return { store: await place.open(), read: async () => await readFile(join(place.folder, 'keys.json'), 'utf8').catch(() => null) }
}

const idsOf = (keys: KeysInUse | null) => keys?.seals.map((seal) => keyIdOf(JSON.parse(seal)))

t.test('without a key and without sealed data, nothing is stored', async (t) => {
  const { store, read } = await opened(t)

  await checkKeys(store, null)

  t.equal(await read(), null)
})

t.test('the current key is stored once, before anything is sealed with it', async (t) => {
  const { store, read } = await opened(t)

  await checkKeys(store, first)
  const noted = await read()
  await checkKeys(store, first)
  await checkKeys(store, createSealer([k1, k2]))

  t.strictSame(idsOf(await store.loadDocument('keys')), first.keyIds)
  t.equal(await read(), noted, 'one that only opens is not in use')
  t.notMatch(noted, new RegExp(k1.slice(0, 9).replaceAll('+', '\\+')))
})

t.test('a new key is stored beside the old one', async (t) => {
  const { store } = await opened(t)
  await checkKeys(store, first)

  await checkKeys(store, second)

  t.strictSame(new Set(idsOf(await store.loadDocument('keys'))), new Set(second.keyIds))
})

t.test('a key that is missing is refused, by its id, and nothing is changed', async (t) => {
  const { store, read } = await opened(t)
  await checkKeys(store, second)
  const before = await read()

  const wrong = { code: 'BRIDGE_ENCRYPTION_KEY_WRONG', message: new RegExp(`lacks key ${second.keyIds[0]}.* after the first key`) }
  await t.rejects(checkKeys(store, third), wrong)
  await t.rejects(checkKeys(store, first), wrong)
  await t.rejects(checkKeys(store, null), { ...wrong, message: new RegExp(`sealed with key ${second.keyIds[0]}, but DATA_ENCRYPTION_KEY is not set`) })

  t.equal(await read(), before)
})

t.test('a seal that was changed does not pass for a missing key, nor for no seal', async (t) => {
  const { store } = await opened(t)
  await checkKeys(store, first)
  const spoil = (change: (seal: string) => string) => store.updateDocument('keys', (value) => (
    { value: value === null ? null : { ...value, seals: value.seals.map(change) }, result: undefined }))

  await spoil((seal) => JSON.stringify({ ...JSON.parse(seal), tag: 'AAAAAAAAAAAAAAAAAAAAAA' }))
  await t.rejects(checkKeys(store, first), { code: 'BRIDGE_ENCRYPTION_KEY_WRONG', message: /was changed since it was sealed with key [0-9a-f]{16}: restore it/ })
  for (const text of ['', '{', '[]', 'null']) {
    await spoil(() => text)
    await t.rejects(checkKeys(store, first), { code: 'BRIDGE_ENCRYPTION_KEY_WRONG', message: /lacks key unknown/ }, text)
    await t.rejects(checkKeys(store, null), { code: 'BRIDGE_ENCRYPTION_KEY_WRONG' }, text)
  }
})

t.test('while everything is sealed again', async (t) => {
  const old: KeysInUse = { version: 1, seals: [first.seal('memory bridge', 'keys')] }
  const page = (after: string | null, next: string | null, isClean = true): SealedPage => ({ after, next, isClean })

  /** Ids of the keys in use after these pages. */
  function after (pages: SealedPage[], sealer = second, start: KeysInUse | null = old): string[] | undefined {
    return idsOf(pages.reduce<KeysInUse | null>((value, each) =>
      deepFreeze(recordSealedPage(sealer, each)(value).value), deepFreeze(start)))
  }
  const both = [first.keyIds[0], second.keyIds[0]]
  const current = [second.keyIds[0]]

  const cases: Array<[what: string, pages: SealedPage[], keys: string[]]> = [
    ['the old key goes after the last of all pages', [page(null, a), page(a, b), page(b, null)], current],
    ['it goes when all fits on one page', [page(null, null)], current],
    ['it stays before the last page', [page(null, a), page(a, b)], both],
    ['it stays when a page is missing', [page(null, a), page(b, null)], both],
    ['it stays when the first page is missing', [page(b, null)], both],
    ['a page may come twice', [page(null, a), page(a, b), page(a, b), page(b, c), page(a, b), page(c, null)], current],
    ['pages may be of another size the second time', [page(null, b), page(a, c), page(c, null)], current],
    ['it stays when something could not be read', [page(null, a), page(a, b, false), page(b, null)], both],
    ['it stays when something on the first page could not be read', [page(null, a, false), page(a, null)], both],
    ['it stays when something on the last page could not be read', [page(null, a), page(a, null, false)], both],
    ['a new run may succeed', [page(null, a), page(a, null, false), page(null, a), page(a, null)], current],
    ['a run that began anew counts from there', [page(null, b), page(null, a), page(b, null)], both],
    ['of two runs at once one succeeds', [page(null, a), page(a, b), page(null, a), page(b, null), page(a, b), page(b, null)], current]
  ]
  for (const [what, pages, keys] of cases) t.strictSame(after(pages), keys, what)

  const begun = recordSealedPage(second, page(null, b))(old).value
  const other = recordSealedPage(createSealer([k1, k2]), page(b, c))(begun).value
  t.strictSame(after([page(c, null)], second, other), both, 'what was done before another key sealed for a while does not count')
  t.strictSame(after([page(null, null)], second, { version: 1, seals: [...old.seals, third.seal('memory bridge', 'keys')] }), [third.keyIds[0], ...current],
    'a key that is not known here stays: another bridge is using it')
  t.strictSame(after([page(null, a)], second, null), current, 'should the document be gone, the key in use is noted again')
})
