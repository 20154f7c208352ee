import t from 'tap'
import type { HostFacts } from '../../../src/doctor/gather-host.ts'
import { checkHost } from '../../../src/doctor/host-check.ts'
import { broken } from './doctor.ts'

const GB = 1024 ** 3
const GOOD: HostFacts = {
  userId: 1000,
  envFile: { path: '.env', mode: 0o600, owner: 1000 },
  dataDir: { path: '/data', mode: 0o700, owner: 1000 },
  disk: { freeBytes: 50 * GB, freeInodes: 1e6 },
  bridgeUserId: 1000
}

t.test('a good machine has nothing to look at', async (t) => {
  t.strictSame(checkHost(GOOD).map(({ check, level }) => [check, level]), [['user', 'ok'], ['settings file', 'ok'], ['data', 'ok'], ['disk', 'ok']])
  t.strictSame(checkHost({ ...GOOD, envFile: null, dataDir: null, disk: null, bridgeUserId: null }).map(({ level }) => level), ['skipped'])
})

t.test('finds', async (t) => {
  const cases: Array<[what: string, change: Partial<HostFacts>, found: string[]]> = [
    ['a bridge of root', { bridgeUserId: 0, dataDir: null }, ['warning user: The bridge runs as root.']],
    ['settings that others may read', { envFile: { path: '.env', mode: 0o644, owner: 1000 } }, ['warning settings file: Other users may open .env (mode 644).']],
    ['data that others may read', { dataDir: { path: '/data', mode: 0o750, owner: 1000 } }, ['warning data: Other users may open /data (mode 750).']],
    ['data of another user', { dataDir: { path: '/data', mode: 0o700, owner: 0 } }, ['warning data: /data belongs to user 0, and the bridge runs as 1000.']],
    ['a disk that is nearly full', { disk: { freeBytes: GB - 1, freeInodes: null } }, ['warning disk: Only 1.0 GB are free.']],
    ['a full disk', { disk: { freeBytes: 99 * 1024 ** 2, freeInodes: null } }, ['failure disk: Only 0.1 GB are free.']],
    ['a disk with too many files', { disk: { freeBytes: 50 * GB, freeInodes: 9 } }, ['warning disk: Only 9 more files fit.']]
  ]
  for (const [what, change, found] of cases) t.strictSame(broken(checkHost({ ...GOOD, ...change })), found, what)
})
