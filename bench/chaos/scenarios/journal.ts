/**
 * The journal of open call starts, harmed by hand: after a kill, its calls are two midnights old, a line is cut, and a
 * caller is deleted; later the whole journal is.
 */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { OpenRing } from '../../../schemas/caller-record.ts'
import type { PhoneCall } from '../../../src/simulate/elevenlabs.ts'
import { recordPath } from '../../folder-format.ts'
import { hashOf, newCall } from '../../people.ts'
import type { Api } from '../api.ts'
import { readFolder } from '../folder.ts'
import { dataDirOf, spawn, stop, withApi, type Scenario } from '../scenario.ts'

const CALLERS = 8
const DELETED = 2
const ERASED = 3
const CUT = CALLERS - 1

const TWO_MIDNIGHTS_MS = 49 * 60 * 60 * 1000

/** A call start is in the journal long before. */
const PATIENCE_MS = 5000

export const journal: Scenario = {
  name: 'the journal harmed',

  async run (parts) {
    const dataDir = dataDirOf(parts.folder)
    const rings = join(dataDir, 'rings')
    const faults: string[] = []
    const expect = (what: string, isTrue: boolean) => { if (!isTrue) faults.push(`not so: ${what}`) }
    const calls = Array.from({ length: CALLERS }, (_, n) => newCall(n, parts.random))

    const first = spawn(parts)
    await withApi(await first.ready(), async (api) => {
      for (const [n, call] of calls.entries()) {
        await api.admin('POST', `/api/memory/${hashOf(n)}`, { fact: 'likes tea' })
        await api.callStart(call)
      }
    })
    expect('all call starts are written', await isWritten(rings, calls))
    first.signal('SIGKILL')
    await first.exited

    const [path] = await filesIn(rings)
    const lines = (await readFile(path!, 'utf8')).trim().split('\n').map((line) => JSON.parse(line) as OpenRing)
    const aged = lines.map((ring) =>
      JSON.stringify({ ...ring, at: new Date(Date.parse(ring.at) - TWO_MIDNIGHTS_MS).toISOString() }))
    await writeFile(path!, aged.join('\n').slice(0, -100))
    await rm(recordPath(dataDir, hashOf(DELETED)))

    const second = spawn(parts)
    const later = newCall(CUT, parts.random)
    await withApi(await second.ready(), async (api) => {
      for (const [n, call] of calls.entries()) {
        const expected = n === CUT || n === DELETED ? [] : [call.conversationId]
        expect(`caller ${n} has the calls of the whole lines, two days old`, isSame(await callsOf(api, n), expected))
      }
      expect('the caller who was deleted is gone', (await memoryOf(api, DELETED)).status === 404)

      await rm(rings, { recursive: true })
      expect('a call start without a journal gets 200', (await api.callStart(later)).status === 200)
      expect('the journal is there again', await isWritten(rings, [later]))
      expect('a call end counts', (await api.callEnd(calls[0]!)).status === 200)
      const erased = await api.admin('DELETE', `/api/memory/${hashOf(ERASED)}`)
      expect('an erasure is acknowledged', erased.status === 200)
      expect('lines that were deleted are still known', isSame(await callsOf(api, 1), [calls[1]!.conversationId]))
    })
    faults.push(...await stop(second))

    const folder = await readFolder(dataDir)
    faults.push(...folder.faults)
    for (const n of calls.keys()) {
      const record = folder.records.get(hashOf(n))
      const found = record?.remember === true ? record.calls.map((call) => call.conversation_id) : []
      const expected = n === CUT ? [later] : n === DELETED || n === ERASED ? [] : [calls[n]!]
      expect(`caller ${n} has their calls in the record`, isSame(found, expected.map((call) => call.conversationId)))
    }
    expect('the journal is empty', (await textIn(rings)).trim() === '')
    return { figures: `${CALLERS} open calls, two midnights old; a line cut, a caller and the journal deleted`, faults }
  }
}

function memoryOf (api: Api, n: number) {
  return api.admin('GET', `/api/memory/${hashOf(n)}`)
}

async function callsOf (api: Api, n: number): Promise<unknown[]> {
  const response = await memoryOf(api, n)
  if (response.status !== 200) return []
  return (response.json['calls'] as Array<{ conversation_id: string }>).map((call) => call.conversation_id)
}

async function isWritten (rings: string, calls: PhoneCall[]): Promise<boolean> {
  const until = performance.now() + PATIENCE_MS
  while (performance.now() < until) {
    const text = await textIn(rings)
    if (calls.every(({ conversationId }) => text.includes(conversationId))) return true
    await sleep(20)
  }
  return false
}

async function textIn (rings: string): Promise<string> {
  return (await Promise.all((await filesIn(rings)).map((path) => readFile(path, 'utf8')))).join('')
}

async function filesIn (rings: string): Promise<string[]> {
  try {
    return (await readdir(rings)).map((name) => join(rings, name))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

function isSame (found: unknown[], expected: unknown[]): boolean {
  return JSON.stringify(found) === JSON.stringify(expected)
}
