import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { pid } from 'node:process'
import t, { type Test } from 'tap'
import { newDiskThread } from '../../../../src/store/file/disk.ts'
import { lockFolder, unlockFolder } from '../../../../src/store/file/folder-lock.ts'
import { ENV, killAfter, NODE } from '../../../processes.ts'

const lockModule = import.meta.resolve('../../../../src/store/file/folder-lock.js')
const LINUX = { skip: process.platform === 'linux' ? false : 'needs /proc' }

/** Another process that locks the folder: says `held`, or who holds it, and holds on until it is killed. */
async function contender (t: Test, folder: string) {
  const script = `
    const { lockFolder } = await import(${JSON.stringify(lockModule)})
    console.log(lockFolder(${JSON.stringify(folder)}) ?? 'held')
    setInterval(() => {}, 1000)`
  const child = spawn(ENV, [...NODE, '--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = killAfter(t, child)
  const [said] = await once(child.stdout.setEncoding('utf8'), 'data') as [string]
  return { pid: child.pid!, said: said.trim(), crash: async () => { child.kill('SIGKILL'); await gone } }
}

/** The lock file as we would write it, altered. */
async function leaveLock (folder: string, change: object): Promise<void> {
  lockFolder(folder)
  const ours = JSON.parse(await readFile(join(folder, 'bridge.lock'), 'utf8'))
  unlockFolder(folder)
  await writeFile(join(folder, 'bridge.lock'), JSON.stringify({ ...ours, ...change }))
}

t.test('a folder is locked once, and free again afterwards', async (t) => {
  const folder = t.testdir({})
  t.equal(lockFolder(folder), null)

  t.equal(lockFolder(folder), `process ${pid}`)
  unlockFolder(folder)
  t.equal(lockFolder(folder), null)
  unlockFolder(folder)

  t.strictSame(readdirSync(folder), [], 'nothing is left behind')
})

t.test('another process is refused, and learns who holds the folder; a crash frees it', async (t) => {
  const folder = t.testdir({})
  const first = await contender(t, folder)
  t.equal(first.said, 'held')

  const second = await contender(t, folder)
  t.equal(second.said, `process ${first.pid}`)
  t.equal(lockFolder(folder), `process ${first.pid}`)
  await first.crash()

  t.equal(lockFolder(folder), null)
  t.equal(JSON.parse(await readFile(join(folder, 'bridge.lock'), 'utf8')).pid, pid)
})

t.test('a lock whose holder is gone is taken over', async (t) => {
  const gone: Record<string, object> = {
    'the process id runs, but was started at another time': { started: '1' },
    'the process id is free': { pid: 2 ** 22 + 1 },
    'the machine was started again': { boot: '00000000-0000-4000-8000-000000000000' }
  }
  for (const [why, change] of Object.entries(gone)) {
    await t.test(why, LINUX, async (t) => {
      const folder = t.testdir({})
      await leaveLock(folder, change)

      t.equal(lockFolder(folder), null)

      t.equal(JSON.parse(await readFile(join(folder, 'bridge.lock'), 'utf8')).pid, pid)
      t.strictSame(readdirSync(folder), ['bridge.lock'])
    })
  }
  for (const text of ['', '{"pid":12', 'null', '{}', '[]', '"x"']) {
    await t.test(`a power cut left ${JSON.stringify(text)}`, async (t) => {
      const folder = t.testdir({ 'bridge.lock': text })

      t.equal(lockFolder(folder), null)

      t.equal(JSON.parse(await readFile(join(folder, 'bridge.lock'), 'utf8')).pid, pid)
    })
  }
})

t.test('a zombie process holds no lock', LINUX, async (t) => {
  const folder = t.testdir({})
  // The shell becomes `sleep`, which never asks what became of its child.
  const parent = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 30'], { stdio: ['ignore', 'pipe', 'ignore'] })
  void killAfter(t, parent)
  const [line] = await once(parent.stdout.setEncoding('utf8'), 'data') as [string]
  const zombie = Number(line)
  let stat: string
  do stat = await readFile(`/proc/${zombie}/stat`, 'utf8'); while (!stat.includes(') Z '))
  await leaveLock(folder, { pid: zombie, started: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] })

  t.equal(lockFolder(folder), null)
})

t.test('a holder that cannot be checked keeps its lock, and the message says what to do', LINUX, async (t) => {
  const elsewhere: Record<string, object> = {
    'another machine': { host: 'other-host', boot: '00000000-0000-4000-8000-000000000000', started: '1' },
    'another container': { namespace: 'pid:[1]', started: '1' }
  }
  for (const [where, change] of Object.entries(elsewhere)) {
    await t.test(where, async (t) => {
      const folder = t.testdir({})
      await leaveLock(folder, change)
      const before = await readFile(join(folder, 'bridge.lock'), 'utf8')

      t.match(lockFolder(folder), new RegExp(`^process ${pid} on ${where === 'another machine' ? 'other-host' : hostname()}, .*delete bridge\\.lock`))
      t.equal(await readFile(join(folder, 'bridge.lock'), 'utf8'), before)
      t.strictSame(readdirSync(folder), ['bridge.lock'])
    })
  }
})

t.test('when many race for a stale lock, exactly one wins', LINUX, async (t) => {
  const folder = t.testdir({})
  const threads = Array.from({ length: 6 }, newDiskThread)
  for (let round = 0; round < 60; round++) {
    await writeFile(join(folder, 'bridge.lock'), `{"torn":${round}`)

    const attempts = await Promise.all(threads.map((thread) => thread.run({ name: 'lockFolder', args: [folder] })))

    const holders = attempts.map((attempt) => 'value' in attempt ? attempt.value : attempt)
    const losers = holders.filter((holder) => holder === `process ${pid}`)
    if (losers.length !== 5 || !holders.includes(null)) t.fail(`round ${round}: ${JSON.stringify(holders)}`)
    unlockFolder(folder)
  }
  t.strictSame(readdirSync(folder), [])
})

t.test('when four processes race for a stale lock, exactly one wins', async (t) => {
  const folder = t.testdir({ 'bridge.lock': '' })

  const contenders = await Promise.all(Array.from({ length: 4 }, () => contender(t, folder)))

  const winner = contenders.find(({ said }) => said === 'held')
  t.equal(contenders.filter(({ said }) => said === 'held').length, 1, contenders.map(({ said }) => said).join('\n'))
  t.equal(JSON.parse(await readFile(join(folder, 'bridge.lock'), 'utf8')).pid, winner?.pid)
})

t.test('a takeover that crashed half-way keeps nobody out', LINUX, async (t) => {
  const folder = t.testdir({ 'bridge.lock': '', 'bridge.lock.takeover': '' })

  t.equal(lockFolder(folder), null)

  t.strictSame(readdirSync(folder), ['bridge.lock'])
})
