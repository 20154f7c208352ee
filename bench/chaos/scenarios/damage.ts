/** Damaged records and notes: they are quarantined, the caller starts afresh, and other callers are not affected. */
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { recordPath } from '../../folder-format.ts'
import { hashOf, newCall } from '../../people.ts'
import type { ApiResponse, Api, NoResponse } from '../api.ts'
import { dataDirOf, spawn, stop, withApi, type Scenario, type ScenarioParts } from '../scenario.ts'
import { token } from '../words.ts'

const CALLERS = 12
const FACT = 'likes tea'

const DAMAGES: Record<string, (path: string, parts: ScenarioParts) => Promise<void>> = {
  truncated: async (path, { random }) => await truncate(path, 1 + random.below(200)),
  'filled with garbage': async (path, { random }) => await writeFile(path, Buffer.from(random.hex(4000), 'hex')),
  emptied: async (path) => await truncate(path, 0),
  'of another form': async (path) => await writeFile(path, '{"version":1,"facts":"none"}')
}

export const damage: Scenario = {
  name: 'damaged files',

  async run (parts) {
    const dataDir = dataDirOf(parts.folder)
    const faults: string[] = []
    const expect = (what: string, isTrue: boolean) => { if (!isTrue) faults.push(`not so: ${what}`) }

    const first = spawn(parts)
    await withApi(await first.ready(), async (api) => {
      for (let n = 0; n < CALLERS; n++) await api.admin('POST', `/api/memory/${hashOf(n)}`, { fact: FACT })
      await api.admin('POST', '/api/notes', { note: 'closed today' })
    })
    faults.push(...await stop(first))

    const damaged = Object.entries(DAMAGES)
    const harmed = new Map<number, Buffer>()
    for (const [n, [, harm]] of damaged.entries()) {
      const path = recordPath(dataDir, hashOf(n))
      await harm(path, parts)
      harmed.set(n, await readFile(path))
    }
    await writeFile(join(dataDir, 'notes.json'), 'no notes')

    const second = spawn(parts)
    await withApi(await second.ready(), async (api) => {
      for (let n = damaged.length; n < CALLERS; n++) {
        expect(`caller ${n} is recognised although notes.json is damaged`, knows(await startCall(api, n, parts)))
      }
      for (const [n, [how]] of damaged.entries()) {
        const response = await startCall(api, n, parts)
        expect(`a file ${how}: the call start gets 200, without memory`, response.status === 200 && !knows(response))
        const copies = await quarantined(dataDir, n)
        expect(`a file ${how}: it is quarantined unchanged`, copies.some((bytes) => bytes.equals(harmed.get(n)!)))
        const added = await api.admin('POST', `/api/memory/${hashOf(n)}`, { fact: FACT })
        expect(`a file ${how}: the caller starts afresh`, added.status === 200 && added.json['total_facts'] === 1)
        expect(`a file ${how}: the next call start recognises the caller again`, knows(await startCall(api, n, parts)))
      }
      const erased = await api.admin('DELETE', `/api/memory/${hashOf(0)}`)
      const left = await quarantined(dataDir, 0)
      expect('an erasure deletes the quarantined copy, too', erased.status === 200 && left.length === 0)
      const added = await api.admin('POST', '/api/notes', { note: token(1) })
      expect('notes can be added again', added.status === 200)
    })
    faults.push(...await stop(second))
    const kinds = damaged.map(([how]) => how).join(', ')
    return {
      figures: `${damaged.length} records (${kinds}) and notes.json; ${CALLERS - damaged.length} others`,
      faults
    }
  }
}

function startCall (api: Api, n: number, { random }: ScenarioParts): Promise<ApiResponse | NoResponse> {
  return api.callStart(newCall(n, random))
}

function knows (response: ApiResponse | NoResponse): boolean {
  return response.status === 200 && JSON.stringify(response.json).includes(FACT)
}

async function quarantined (dataDir: string, n: number): Promise<Buffer[]> {
  const path = recordPath(dataDir, hashOf(n))
  const names = await readdir(dirname(path))
  return await Promise.all(names
    .filter((name) => name.startsWith(`${basename(path)}.damaged-`))
    .map((name) => readFile(join(dirname(path), name))))
}
