import { chmodSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { geteuid, pid } from 'node:process'
import t from 'tap'
import { gatherHost } from '../../../src/doctor/gather-host.ts'

t.test('finds the folder, its disk, and who has it open', async (t) => {
  const folder = t.testdir({ 'bridge.lock': JSON.stringify({ pid, host: hostname() }) })
  chmodSync(folder, 0o750)

  writeFileSync(join(folder, 'env'), '', { mode: 0o640 })
  const { host, lock } = await gatherHost({ DATA_DIR: folder }, join(folder, 'env'))

  t.match(host, {
    userId: geteuid?.(), envFile: { mode: 0o640 }, dataDir: { path: folder, mode: 0o750, owner: geteuid?.() }
  })
  t.equal(host.bridgeUserId, geteuid?.() ?? null)
  t.ok((host.disk?.freeBytes ?? 0) > 0)
  t.equal(lock, `process ${pid} on ${hostname()}`)
})

t.test('says nothing of what is not there', async (t) => {
  const folder = t.testdir({})
  t.match(await gatherHost({ DATA_DIR: join(folder, 'none') }, 'none'), { host: { dataDir: null, disk: null, bridgeUserId: null }, lock: null })
  t.match(await gatherHost({ DATA_DIR: folder, DATABASE_URL: 'postgres://x/y' }, 'none'), { host: { dataDir: null, disk: null }, lock: null })
  writeFileSync(join(folder, 'bridge.lock'), 'torn')
  t.match(await gatherHost({ DATA_DIR: folder }, '.env'), { lock: null })
})
