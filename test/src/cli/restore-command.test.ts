/** `restore`, as a process: what an operator does with it. */
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { geteuid } from 'node:process'
import t from 'tap'
import { erase } from '../../../src/caller/profile.ts'
import { filesUnder } from '../../stored.ts'
import { run } from './command.ts'
import { everythingIn, filled, hashes } from './filled.ts'

const dana = hashes[2]!

t.test('an erasure after the backup holds', async (t) => {
  const { env, place, file } = await filled(t)
  await run(t, ['backup', file], env)
  const store = await place.open()
  await store.update(dana, erase(new Date().toISOString()))
  await store.close()

  t.match(await run(t, ['restore', file, '--overwrite'], env), { code: 0, err: /1 skipped: erased or opted out since/ })
  t.match((await everythingIn(place.folder)).callers.find(({ phoneHash }) => phoneHash === dana), { record: null })
})

t.test('a file that is not whole is refused, and nothing is written', async (t) => {
  const { env, file, elsewhere } = await filled(t)
  await run(t, ['backup', file], env)
  const bytes = readFileSync(file)
  const flipped = Buffer.from(bytes)
  flipped[bytes.length - 100]! ^= 1

  for (const damaged of [bytes.subarray(0, -30), flipped, Buffer.from('no backup at all')]) {
    writeFileSync(file, damaged)
    t.match(await run(t, ['restore', file], elsewhere), { code: 1, err: /The backup cannot be used: it is damaged or cut off/ })
    t.notOk(existsSync(elsewhere.DATA_DIR))
  }
})

t.test('a backup of another PHONE_HASH_KEY is refused, unless it is wanted', async (t) => {
  const { env, file, elsewhere } = await filled(t)
  const key = 'a-long-phone-hash-key-for-tests'
  const other = 'another-long-phone-hash-key'
  await run(t, ['backup', file], { ...env, PHONE_HASH_KEY: key })

  for (const PHONE_HASH_KEY of ['', other]) {
    const { code, err } = await run(t, ['restore', file], { ...elsewhere, PHONE_HASH_KEY })
    t.equal(code, 1)
    t.match(err, /made with another PHONE_HASH_KEY.*or give --force/)
    t.notMatch(err, new RegExp(`${key}|${other}`))
    t.notOk(existsSync(elsewhere.DATA_DIR))
  }
  t.match(await run(t, ['restore', file, '--force'], { ...elsewhere, PHONE_HASH_KEY: other }), { code: 0 })
})

t.test('root does not write into the folder of another user', { skip: geteuid?.() === 0 ? false : 'only root can give a folder away' }, async (t) => {
  const { env, file, elsewhere } = await filled(t)
  await run(t, ['backup', file], env)
  mkdirSync(elsewhere.DATA_DIR)
  chownSync(elsewhere.DATA_DIR, 12345, 12345)

  t.match(await run(t, ['restore', file], elsewhere), { code: 1, err: /DATA_DIR belongs to user 12345, and this command runs as root/ })
  t.strictSame(readdirSync(elsewhere.DATA_DIR), [])
})

t.test('with DATA_ENCRYPTION_KEY a backup is sealed, and so is what is restored from it', async (t) => {
  const { env, file, elsewhere } = await filled(t)
  const [key, other] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64')) as [string, string]
  const sealed = { ...env, DATA_ENCRYPTION_KEY: key }

  t.match(await run(t, ['backup', file], sealed), { code: 0, err: /The backup is sealed/ })
  for (const wrong of ['', other]) {
    const { code, err } = await run(t, ['restore', file], { ...elsewhere, DATA_ENCRYPTION_KEY: wrong })
    t.equal(code, 1)
    t.match(err, /DATA_ENCRYPTION_KEY/)
    t.notMatch(err, key.slice(0, 12))
    t.notOk(existsSync(elsewhere.DATA_DIR))
  }
  t.match(await run(t, ['restore', file], { ...elsewhere, DATA_ENCRYPTION_KEY: `${other},${key}` }), { code: 0, err: /119 restored/ })
  t.notMatch([...(await filesUnder(elsewhere.DATA_DIR)).values()].join('\n'), /fact of/)
  t.match(await run(t, ['backup', file, '--force'], elsewhere), { code: 78, err: /DATA_ENCRYPTION_KEY is not set/ })
})
