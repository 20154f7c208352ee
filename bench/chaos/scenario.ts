import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StoredCaller } from '../../schemas/caller-record.ts'
import { spawnBridge, type Bridge } from '../bridge.ts'
import type { Cleanup } from '../cleanup.ts'
import type { Random } from '../random.ts'
import { connectTo, type ApiResponse, type Api, type NoResponse } from './api.ts'
import { faultsOf, observe } from './checks.ts'
import { readFolder, type Folder } from './folder.ts'
import { erasedKeys, type Ledger, type Observed } from './ledger.ts'

export interface ScenarioParts {
  /** The scenario's own folder, with `data` for DATA_DIR unless the scenario uses another. */
  folder: string
  random: Random
  clients: number
  kills: number
  stops: number
  seconds: number
  cleanup: Cleanup
  say: (text: string) => void
}

/** `skipped` says why the scenario cannot run on this machine. */
export type Outcome = { figures: string, faults: string[] } | { skipped: string }

export interface Scenario {
  name: string
  run (parts: ScenarioParts): Promise<Outcome>
}

/** The bridge kills itself after 9 seconds. */
const STOP_MS = 15_000

export function dataDirOf (folder: string): string {
  return join(folder, 'data')
}

export function spawn ({ folder, cleanup }: ScenarioParts, dataDir = dataDirOf(folder)): Bridge {
  return spawnBridge({ dataDir, logFile: join(folder, 'bridge.log') }, cleanup)
}

/** Stops the bridge as a service manager does. Returns a sentence if something was wrong. */
export async function stop (bridge: Bridge): Promise<string[]> {
  bridge.signal('SIGTERM')
  const exit = await Promise.race([bridge.exited, sleep(STOP_MS, null, { ref: false })])
  if (exit === null) {
    bridge.signal('SIGKILL')
    return [`SIGTERM did not stop it within ${STOP_MS / 1000} s`]
  }
  return exit.code === 0 ? [] : [`after SIGTERM it ended with code ${exit.code}, signal ${exit.signal}`]
}

export async function withApi<T> (url: string, work: (api: Api) => Promise<T>): Promise<T> {
  const api = connectTo(url)
  try {
    return await work(api)
  } finally {
    api.close()
  }
}

/** Reads these owners through the API, compares them with the ledger, and settles its open cases. */
export async function checkApi (
  url: string, ledger: Ledger, owners: Array<string | null>, wasStopped: boolean
): Promise<string[]> {
  return await withApi(url, async (api) => {
    const faults: string[] = []
    for (const owner of owners) {
      const response = await api.admin('GET', owner === null ? '/api/notes' : `/api/memory/${owner}`)
      const observed = owner === null ? observeNotes(response) : observeCaller(response)
      if (observed === null) {
        faults.push(`${owner?.slice(0, 8) ?? 'the notes'} cannot be read: ${JSON.stringify(response)}`)
        continue
      }
      faults.push(...faultsOf(ledger, owner, observed, wasStopped))
      ledger.settle(owner, observed)
    }
    return faults
  })
}

/** Reads all files and compares them with the ledger. No bridge may be writing. */
export async function checkFiles (
  dataDir: string, ledger: Ledger, wasStopped: boolean
): Promise<{ faults: string[], folder: Folder }> {
  const folder = await readFolder(dataDir)
  const faults = [...folder.faults]
  for (const owner of ledger.owners()) {
    const observed = owner === null
      ? { ...observe(null), notes: folder.notes }
      : observe(folder.records.get(owner) ?? null)
    faults.push(...faultsOf(ledger, owner, observed, wasStopped))
  }
  const erased = erasedKeys(ledger)
  for (const token of folder.tokens) {
    if (erased.has(token)) faults.push(`${token} was erased, but a file still contains it`)
  }
  return { faults, folder }
}

/** Null if the response is neither 200 nor 404. */
function observeCaller ({ status, ...response }: ApiResponse | NoResponse): Observed | null {
  if (status === 404) return observe(null)
  return status === 200 && 'json' in response ? observe(response.json as unknown as StoredCaller) : null
}

function observeNotes ({ status, ...response }: ApiResponse | NoResponse): Observed | null {
  if (status !== 200 || !('json' in response)) return null
  return { ...observe(null), notes: (response.json['notes'] as Array<{ note: string }>).map(({ note }) => note) }
}
