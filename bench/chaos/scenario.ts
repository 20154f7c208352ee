/** What every scenario gets, and what it tells. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StoredCaller } from '../../schemas/caller-record.ts'
import { spawnBridge, type Bridge } from '../bridge.ts'
import type { Cleanup } from '../cleanup.ts'
import type { Random } from '../random.ts'
import { connectTo, type Answer, type Api, type NoAnswer } from './api.ts'
import { faultsOf, observe } from './checks.ts'
import { readFolder, type Folder } from './folder.ts'
import { erasedKeys, type Ledger, type Observed } from './ledger.ts'

export interface ScenarioParts {
  /** A folder of the scenario's own; data go to `data` below it, unless it says otherwise. */
  folder: string
  random: Random
  clients: number
  /** Times that the bridge is killed. */
  kills: number
  /** Times that it is stopped under load. */
  stops: number
  /** How long strangers attack. */
  seconds: number
  cleanup: Cleanup
  /** Told how far a long scenario has come. */
  say: (text: string) => void
}

/** What came of a scenario; `skipped` says why it cannot be run here. */
export type Outcome = { figures: string, faults: string[] } | { skipped: string }

export interface Scenario {
  name: string
  run (parts: ScenarioParts): Promise<Outcome>
}

/** Longest wait for an orderly stop: the bridge gives itself ten seconds. */
const STOP_MS = 15_000

export function dataDirOf (folder: string): string {
  return join(folder, 'data')
}

export function spawn ({ folder, cleanup }: ScenarioParts, dataDir = dataDirOf(folder)): Bridge {
  return spawnBridge({ dataDir, logFile: join(folder, 'bridge.log') }, cleanup)
}

/** Stops the bridge as a host does; the sentence says what was wrong about it, if anything. */
export async function stop (bridge: Bridge): Promise<string[]> {
  bridge.signal('SIGTERM')
  const exit = await Promise.race([bridge.exited, sleep(STOP_MS, null, { ref: false })])
  if (exit === null) {
    bridge.signal('SIGKILL')
    return [`SIGTERM did not end it within ${STOP_MS / 1000} s`]
  }
  return exit.code === 0 ? [] : [`SIGTERM ended it with code ${exit.code}, signal ${exit.signal}`]
}

export async function withApi<T> (url: string, work: (api: Api) => Promise<T>): Promise<T> {
  const api = connectTo(url)
  try {
    return await work(api)
  } finally {
    api.close()
  }
}

/** Reads these owners through the API and compares them with the ledger. */
export async function checkApi (url: string, ledger: Ledger, owners: Array<string | null>, ringsLast: boolean): Promise<string[]> {
  return await withApi(url, async (api) => {
    const faults: string[] = []
    for (const owner of owners) {
      const answer = await api.admin('GET', owner === null ? '/api/notes' : `/api/memory/${owner}`)
      const observed = owner === null ? observeNotes(answer) : observeCaller(answer)
      if (observed === null) {
        faults.push(`${owner?.slice(0, 8) ?? 'the notes'} cannot be read: ${JSON.stringify(answer)}`)
        continue
      }
      faults.push(...faultsOf(ledger, owner, observed, ringsLast))
      ledger.settle(owner, observed)
    }
    return faults
  })
}

/** Reads all files and compares them with the ledger; nobody may be writing. */
export async function checkFiles (dataDir: string, ledger: Ledger, ringsLast: boolean): Promise<{ faults: string[], folder: Folder }> {
  const folder = await readFolder(dataDir)
  const faults = [...folder.faults]
  for (const owner of ledger.owners()) {
    const observed = owner === null ? { ...observe(null), notes: folder.notes } : observe(folder.records.get(owner) ?? null)
    faults.push(...faultsOf(ledger, owner, observed, ringsLast))
  }
  const erased = erasedKeys(ledger)
  for (const token of folder.tokens) if (erased.has(token)) faults.push(`${token} was erased, and a file still holds it`)
  return { faults, folder }
}

/** Null when the answer says neither what is known nor that nothing is. */
function observeCaller ({ status, ...answer }: Answer | NoAnswer): Observed | null {
  if (status === 404) return observe(null)
  return status === 200 && 'json' in answer ? observe(answer.json as unknown as StoredCaller) : null
}

function observeNotes ({ status, ...answer }: Answer | NoAnswer): Observed | null {
  if (status !== 200 || !('json' in answer)) return null
  return { ...observe(null), notes: (answer.json['notes'] as Array<{ note: string }>).map(({ note }) => note) }
}
