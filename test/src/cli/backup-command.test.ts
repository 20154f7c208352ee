/** `backup` and `restore`, as processes: what an operator does with them. */
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { geteuid } from 'node:process'
import t, { type Test } from 'tap'
import { EnvSchema } from '../../../schemas/env.ts'
import { changeProfile, erase } from '../../../src/caller/profile.ts'
import { openFileReader } from '../../../src/store/file/file-reader.ts'
import { ADMIN_KEY, testEnv } from '../../helper.ts'
import { addNote, at, callerHash, contextOf, fact, filePlace, filesUnder, plainFormats } from '../../stored.ts'
import { run, serve, start } from './command.ts'

const hashes = Array.from({ length: 120 }, (_, n) => callerHash(n)).sort()
const [erased, out, dana] = hashes as [string, string, string]

/** Settings with a filled DATA_DIR that nobody has open: one erased, one opted out, notes, own numbers. */
async function filled (t: Test) {
  const env = testEnv(t)
  const place = filePlace(t, { folder: env['DATA_DIR']! })
  const store = await place.open()
  await Promise.all(hashes.map((phoneHash, n) => store.update(phoneHash, fact(phoneHash, `fact of ${n}`))))
  await store.update(erased, erase(at(5)))
  await store.update(out, changeProfile(contextOf(out, 5), { remember: false }))
  await addNote(store, { id: 'n1', text: 'closed at noon', created_at: at(1), expires_at: null })
  await store.updateDocument('own-numbers', () => ({ value: { version: 1, phone_hashes: [callerHash(999)] }, result: null }))
  await store.close()
  return { env, place, file: join(t.testdirName, 'memory.jsonl.gz'), elsewhere: { ...env, DATA_DIR: join(t.testdirName, 'elsewhere') } }
}

async function everythingIn (folder: string) {
  const reader = await openFileReader(folder, plainFormats)
  return { ...await reader.list('all', null, 1000), notes: await reader.loadDocument('notes'), own: await reader.loadDocument('own-numbers') }
}

t.test('a backup made beside a running bridge is restored elsewhere, whole, and once', async (t) => {
  const { env, file, elsewhere } = await filled(t)
  const { port, stop } = await serve(t, env)
  const added = await fetch(`http://127.0.0.1:${port}/api/memory/${dana}`, {
    method: 'POST', headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' }, body: '{"fact":"has just been told"}'
  })
  t.equal(added.status, 200)

  t.match(await run(t, ['backup', file], env), { code: 0, out: '', err: /^120 callers and 2 other documents backed up\. The backup is plain/ })
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.match(await run(t, ['restore', file], env), { code: 1, err: /in use by process \d+.*Stop the bridge first/ })
  t.equal(await stop(), 0)

  t.match(await run(t, ['restore', file], elsewhere), { code: 0, out: '', err: /119 restored\n +1 erased before, and still so\n/ })
  t.strictSame(await everythingIn(elsewhere.DATA_DIR), await everythingIn(env['DATA_DIR']!))
  t.match(JSON.stringify(await everythingIn(elsewhere.DATA_DIR)), /has just been told/)

  const files = await filesUnder(elsewhere.DATA_DIR)
  t.match(await run(t, ['restore', file, '--overwrite'], elsewhere), { code: 0, err: /119 already there/ })
  t.strictSame(await filesUnder(elsewhere.DATA_DIR), files)
})

t.test('an erasure after the backup holds', async (t) => {
  const { env, place, file } = await filled(t)
  await run(t, ['backup', file], env)
  const store = await place.open()
  await store.update(dana, erase(new Date().toISOString()))
  await store.close()

  t.match(await run(t, ['restore', file, '--overwrite'], env), { code: 0, err: /1 left out: erased or opted out since/ })
  t.match((await everythingIn(place.folder)).callers.find(({ phoneHash }) => phoneHash === dana), { record: null })
})

t.test('a backup is not written over another file, and leaves nothing half', async (t) => {
  const { env, file } = await filled(t)
  writeFileSync(file, 'something else')

  t.match(await run(t, ['backup', file], env), { code: 1, err: /is there already: give another name, or --force/ })
  t.equal(readFileSync(file, 'utf8'), 'something else')
  t.match(await run(t, ['backup', file, '--force'], env), { code: 0 })
  t.match(await run(t, ['restore', '--check', file], { ...env, DATA_DIR: join(t.testdirName, 'none') }), { code: 0, err: /It is whole: 120 callers, 2 other documents\./ })
  t.match(await run(t, ['backup', '/dev/null', '--force'], env), { code: 1, err: /is no file/ })
  t.match(await run(t, ['backup', join(t.testdirName, 'x')], { ...env, DATA_DIR: join(t.testdirName, 'none') }), { code: 1, err: /no such file/ })
  t.strictSame(readdirSync(t.testdirName).sort(), ['data', 'memory.jsonl.gz', 'soul.md'], 'no temp file, no DATA_DIR')
})

t.test('what could not be read is counted, and named by eight digits', async (t) => {
  const { env, place, file } = await filled(t)
  writeFileSync(place.recordPath(dana), '{')

  const { code, err } = await run(t, ['backup', file], env)

  t.equal(code, 3)
  t.match(err, /119 callers.*\n1 record could not be read, and is not in it/)
  t.match(err, dana.slice(0, 8))
  t.notMatch(err, dana.slice(0, 9))
  t.ok(existsSync(place.recordPath(dana)), 'it is where it was')
})

t.test('a backup goes through standard output and standard input', async (t) => {
  const { env, file, elsewhere } = await filled(t)
  const output = openSync(file, 'w')
  t.match(await start(t, ['backup', '-'], env, { stdout: output }).ended, { code: 0, err: /120 callers/ })
  closeSync(output)

  const input = openSync(file, 'r')
  t.teardown(() => closeSync(input))
  t.match(await start(t, ['restore', '-'], elsewhere, { stdin: input }).ended, { code: 0, err: /119 restored/ })
  t.match(await run(t, ['restore', '-'], elsewhere, 'from a pipe'), { code: 1, err: /read twice/ })
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
    t.match(err, /made under another PHONE_HASH_KEY.*or give --force/)
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

  t.match(await run(t, ['restore', file], elsewhere), { code: 1, err: /DATA_DIR belongs to user 12345, and this runs as root/ })
  t.strictSame(readdirSync(elsewhere.DATA_DIR), [])
})

t.test('with DATA_ENCRYPTION_KEY a backup is sealed', { skip: 'DATA_ENCRYPTION_KEY' in EnvSchema.properties ? false : 'there is no such setting yet' }, async (t) => {
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
  for (const [name, bytes] of await filesUnder(elsewhere.DATA_DIR)) t.notMatch(bytes.toString(), /fact of/, name)
})
