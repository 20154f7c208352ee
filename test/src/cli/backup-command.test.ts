/** `backup`, as a process: what an operator does with it. */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ADMIN_KEY } from '../../helper.ts'
import { filesUnder } from '../../stored.ts'
import { run, serve, start } from './command.ts'
import { everythingIn, filled, hashes } from './filled.ts'

const dana = hashes[2]!

t.test('a backup made beside a running bridge is restored elsewhere, whole, and once', async (t) => {
  const { env, file, elsewhere } = await filled(t)
  const { port, stop } = await serve(t, env)
  const added = await fetch(`http://127.0.0.1:${port}/api/memory/${dana}`, {
    method: 'POST', headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' }, body: '{"fact":"has just been told"}'
  })
  t.equal(added.status, 200)

  t.match(await run(t, ['backup', file], env), { code: 0, out: '', err: /^120 callers and 2 other documents backed up\. The backup is plain/ })
  t.equal(statSync(file).mode & 0o777, 0o600)
  const status = await fetch(`http://127.0.0.1:${port}/api/status`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } })
  t.match(await status.json(), { last_backup_at: /^20\d\d-/ }, 'the bridge knows of it')
  t.match(await run(t, ['restore', file], env), { code: 1, err: /in use by process \d+.*Stop the bridge first/ })
  await stop()

  t.match(await run(t, ['restore', file], elsewhere), { code: 0, out: '', err: /119 restored\n +1 erasure marks restored\n/ })
  t.strictSame(await everythingIn(elsewhere.DATA_DIR), await everythingIn(env['DATA_DIR']!))
  t.match(JSON.stringify(await everythingIn(elsewhere.DATA_DIR)), /has just been told/)

  const files = await filesUnder(elsewhere.DATA_DIR)
  t.match(await run(t, ['restore', file, '--overwrite'], elsewhere), { code: 0, err: /119 already in the store/ })
  t.strictSame(await filesUnder(elsewhere.DATA_DIR), files)
})

t.test('a backup is not written over another file, and leaves nothing half', async (t) => {
  const { env, file } = await filled(t)
  writeFileSync(file, 'something else')

  t.match(await run(t, ['backup', file], env), { code: 1, err: /already exists: give another name, or --force/ })
  t.equal(readFileSync(file, 'utf8'), 'something else')
  t.match(await run(t, ['backup', file, '--force'], env), { code: 0 })
  t.match(await run(t, ['restore', '--check', file], { ...env, DATA_DIR: join(t.testdirName, 'none') }), { code: 0, err: /It is complete: 120 callers, 2 other documents\./ })
  t.match(await run(t, ['backup', '/dev/null', '--force'], env), { code: 1, err: /is not a file/ })
  t.match(await run(t, ['backup', join(t.testdirName, 'x')], { ...env, DATA_DIR: join(t.testdirName, 'none') }), { code: 1, err: /no such file/ })
  t.strictSame(readdirSync(t.testdirName).sort(), ['data', 'memory.jsonl.gz', 'soul.md'], 'no temp file, no DATA_DIR')
})

t.test('what could not be read is counted, and named by eight digits', async (t) => {
  const { env, place, file } = await filled(t)
  writeFileSync(place.recordPath(dana), '{')

  const { code, err } = await run(t, ['backup', file], env)

  t.equal(code, 3)
  t.match(err, /119 callers.*\n1 record could not be read, and is not in the backup/)
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
