/** Access to the data for commands that may write: the store itself, or the running bridge that has it open. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { geteuid } from 'node:process'
import { CommandFailed, DataDirLocked } from '../errors.ts'
import { hideHashes } from '../phone/phone-hash.ts'
import { openStore, type OpenStoreParts } from '../store/open-store.ts'
import type { Store } from '../store/store.ts'
import type { Fields } from '../json.ts'
import { askBridge } from './running-bridge.ts'
import type { Shell } from './shell.ts'
import { isMissing } from '../store/file/system-error.ts'
import { orNull } from '../store/unreadable.ts'

/** POSTs to a path of the running bridge's admin API. */
export type Ask = (path: string, body: object) => Promise<Fields>

/** Opens the store for `onStore` and closes it again, or calls `onBridge` if a bridge has the store locked. */
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
    return await onBridge((path, body) => askBridge(shell, holder, path, body))
  }
  try {
    return await onStore(store)
  } finally {
    await store.close()
  }
}

/**
 * The caller must close the store, which also frees its lock.
 *
 * @throws {DataDirLocked} a bridge or another command has it open
 * @throws {CommandFailed} this runs as root, which would leave files that the bridge cannot read
 */
export async function openForWriting (shell: Shell): Promise<Store> {
  if (shell.config.DATABASE_URL === undefined) await refuseForeignFolder(shell.config.DATA_DIR)
  return await openStore(shell.config, storeParts(shell))
}

/** Prints the store's warnings and errors, a line each. */
export function storeParts ({ checks, now, say }: Shell): OpenStoreParts {
  const print = ({ err, ...fields }: { err?: unknown }, message: string) => {
    const details = [...Object.values(fields).map(String), ...(err instanceof Error ? [err.message] : [])]
    say(hideHashes([message, ...details].join(': ')))
  }
  return { checks, now, log: { info: () => {}, warn: print, error: print } }
}

async function refuseForeignFolder (folder: string): Promise<void> {
  if (geteuid?.() !== 0) return
  const owner = await ownerOf(join(folder, 'callers')) ?? await ownerOf(folder) ?? 0
  if (owner === 0) return
  throw new CommandFailed(
    `DATA_DIR belongs to user ${owner}, and this command runs as root: the bridge could not read files that root ` +
    'writes. Run it as that user; under systemd, see "Run it under systemd" in docs/setup.md')
}

async function ownerOf (path: string): Promise<number | null> {
  return (await orNull(isMissing, stat(path)))?.uid ?? null
}
