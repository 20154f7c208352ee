import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { watchFolder, type WatchMessage } from '../../../../src/store/file/folder-events.ts'
import { createListener } from '../../../../src/store/file/folder-watch.ts'
import { stampFile } from '../../../../src/store/file/stamped-file.ts'
import { addNote, at, callerHash, callStart, directDisk, fact, factsOf, filePlace } from '../../../stored.ts'

const dana = callerHash(1)
const pathOf = (folder: string, phoneHash: string) => join(folder, 'callers', phoneHash.slice(0, 2), `${phoneHash}.json`)

function write (path: string): string {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, '{}')
  return path
}

/** A watched folder with a lock file. `until` waits for a message, and fails the test after five seconds. */
function watched (t: Test, prepare: (folder: string) => void = () => {}) {
  const folder = mkdtempSync(join(tmpdir(), 'memory-bridge-watch-'))
  write(join(folder, 'bridge.lock'))
  prepare(folder)
  const messages: WatchMessage[] = []
  const stop = watchFolder(folder, (message) => messages.push(message))
  t.teardown(() => {
    stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const changes = () => messages.flatMap((message) => 'changed' in message ? message.changed : [])
  return {
    folder,
    messages,
    changes,
    async until (isThere: () => boolean) {
      for (let n = 0; n < 1000 && !isThere(); n++) await wait(5)
      t.ok(isThere(), JSON.stringify(messages))
    }
  }
}

t.test('a file that is made, changed and deleted is reported, with its stamp', async (t) => {
  const { folder, changes, until } = watched(t, (folder) => { write(pathOf(folder, dana)) })
  const path = pathOf(folder, dana)
  const last = () => changes().findLast(([key]) => key === `callers/${dana}`)

  await writeFile(path, '{"changed":true}')
  await until(() => last()?.[1] === stampFile(path))
  await writeFile(`${path}.tmp`, '{}')
  await rename(`${path}.tmp`, path)
  await until(() => last()?.[1] === stampFile(path))
  await rm(path)
  await until(() => last() !== undefined && last()![1] === null)

  t.strictSame([...new Set(changes().map(([key]) => key))], [`callers/${dana}`], 'temp files are not reported')
})

t.test('so are files in folders that did not exist, that come with files, and that come again', async (t) => {
  const { folder, changes, until } = watched(t)
  const keys = () => changes().map(([key]) => key)

  write(pathOf(folder, dana))
  await until(() => keys().includes(`callers/${dana}`))
  await rm(join(folder, 'callers'), { recursive: true })
  await until(() => changes().at(-1)?.[1] === null)
  const before = changes().length
  write(pathOf(folder, dana))
  await until(() => changes().slice(before).some(([key, stamp]) => key === `callers/${dana}` && stamp !== null))

  write(join(folder, 'erasures', dana.slice(0, 2), `${dana}.json`))
  await until(() => keys().includes(`erasures/${dana}`))
  write(join(folder, 'notes.json'))
  await until(() => keys().includes('notes'))
})

t.test('it proves that it hears, until the lock is gone', async (t) => {
  const { folder, messages, until } = watched(t)

  await until(() => messages.filter((message) => 'heard' in message).length >= 2)
  await rm(join(folder, 'bridge.lock'))
  await until(() => messages.some((message) => 'deaf' in message))
})

t.test('where other machines may change files, it does not begin', async (t) => {
  const messages: WatchMessage[] = []
  watchFolder('/proc', (message) => messages.push(message))()
  t.match(messages, [{ deaf: 'the file system may be changed by other machines' }])
})

t.test('more events than the queue surely holds count as missed', async (t) => {
  const { folder, messages, until } = watched(t, (folder) => { write(pathOf(folder, dana)) })
  await until(() => messages.length > 0)

  // All in one turn of the event loop, as when the thread was busy.
  for (let n = 0; n < 5000; n++) writeFileSync(`${pathOf(folder, dana)}.${n}`, '{}')

  await until(() => messages.some((message) => 'missed' in message))
})

t.test('what was read counts since the first proof, and no longer than proofs arrive', (t) => {
  let now = 1000
  t.intercept(performance, 'now', { value: () => now })
  const logged: object[] = []
  const { receive, hearsSince } = createListener(() => {}, { info: (fields) => logged.push(fields) })

  t.equal(hearsSince(), Infinity)
  receive({ heard: true })
  now = 1400
  receive({ heard: true })
  t.equal(hearsSince(), 1000)
  now = 2300
  t.equal(hearsSince(), 1000)
  now = 2301
  t.equal(hearsSince(), Infinity, 'it may be deaf')
  receive({ heard: true })
  t.equal(hearsSince(), 2301, 'what was read before does not count')
  now = 2400
  receive({ missed: true })
  t.equal(hearsSince(), 2400)
  receive({ deaf: 'no more watches' })
  t.equal(hearsSince(), Infinity)
  t.strictSame(logged, [{ reason: 'no more watches' }])
  t.end()
})

t.test('a watched store', async (t) => {
  let looks = 0
  const disk = {
    ...directDisk,
    readFiles: (paths: string[]) => { looks++; return directDisk.readFiles(paths) },
    stampFiles: (paths: string[]) => { looks++; return directDisk.stampFiles(paths) }
  }
  const place = filePlace(t, { isWatched: true, disk })
  const store = await place.open()
  await store.update(dana, fact(dana, 'likes tea'))
  await addNote(store, { id: 'n1', text: 'open', created_at: at(0), expires_at: null })

  await t.test('looks at no file for a caller in memory', async (t) => {
    let before = -1
    // Until it hears, and the events of its own writes have come.
    for (let n = 0; n < 50 && before !== looks; n++) {
      before = looks
      await wait(600)
      await store.startCall(dana, callStart(dana, 'conv_1'))
      await store.loadDocument('notes')
    }
    t.equal(looks, before)
  })

  await t.test('sees changes by hand within a second', async (t) => {
    await writeFile(place.recordPath(dana), (await readFile(place.recordPath(dana), 'utf8')).replaceAll('likes tea', 'likes cake'))
    await rm(`${place.folder}/notes.json`)
    await wait(900)
    t.strictSame(await factsOf(store, dana), ['likes cake'])
    t.equal(await store.loadDocument('notes'), null)

    await rm(place.recordPath(dana))
    await wait(900)
    t.strictSame(await store.load(dana), { record: null, erasedAt: null }, 'and the open call start is dropped')
  })
})
