/** The data for a command that may write: the store itself, or the running bridge that has it open. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { geteuid } from 'node:process'
import { CommandFailed, DataDirLocked } from '../errors.ts'
import { hideHashes } from '../phone/phone-hash.ts'
import { openStore, type OpenStoreParts } from '../store/open-store.ts'
import type { Store } from '../store/store.ts'
import { askBridge } from './running-bridge.ts'
import type { Shell } from './shell.ts'

/** Asks the running bridge: POST to a path of its admin API. */
export type Ask = (path: string, body: object) => Promise<Record<string, unknown>>

/** Does the work on the store and closes it, or through the bridge when that has the store locked. */
export async function withData<T> (shell: Shell, { onStore, onBridge }: {
  onStore: (store: Store) => Promise<T>
  onBridge: (ask: Ask) => Promise<T>
}): Promise<T> {
  let store: Store
  try {
    store = await openForWriting(shell)
  } catch (error) {
    if (!(error instanceof DataDirLocked)) throw error
    const holder = error.message
    return await onBridge((path, body) => askBridge(shell.config, holder, { path, body, signal: shell.signal }))
  }
  try {
    return await onStore(store)
  } finally {
    await store.close()
  }
}

/**
 * The store, locked. To be closed, whatever happens.
 *
 * @throws {DataDirLocked} a bridge, or another command, has it open
 * @throws {CommandFailed} root would leave files that the bridge cannot read
 */
export async function openForWriting (shell: Shell): Promise<Store> {
  if (shell.config.DATABASE_URL === undefined) await refuseForeignFolder(shell.config.DATA_DIR)
  return await openStore(shell.config, storeParts(shell))
}

/** What a store tells is said in a line; where it is kept needs no saying. */
export function storeParts ({ checks, now, say }: Shell): OpenStoreParts {
  const tell = ({ err, ...fields }: { err?: unknown }, message: string) => {
    const details = [...Object.values(fields).map(String), ...(err instanceof Error ? [err.message] : [])]
    say(hideHashes([message, ...details].join(': ')))
  }
  return { checks, now, log: { info: () => {}, warn: tell, error: tell } }
}

async function refuseForeignFolder (folder: string): Promise<void> {
  if (geteuid?.() !== 0) return
  const owner = await ownerOf(join(folder, 'callers')) ?? await ownerOf(folder) ?? 0
  if (owner === 0) return
  throw new CommandFailed(`DATA_DIR belongs to user ${owner}, and this runs as root: the bridge could not read what root writes there. Run it as that user; under systemd see "Run it under systemd" in docs/setup.md`)
}

async function ownerOf (path: string): Promise<number | null> {
  try {
    return (await stat(path)).uid
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
