/** Which store the settings mean: the one place where driver and seal are chosen, for the bridge and for its commands. */
import { stat } from 'node:fs/promises'
import { StorageUnavailable } from '../errors.ts'
import { hashPrefix } from '../phone/phone-hash.ts'
import { openFileReader } from './file/file-reader.ts'
import { openFileStore } from './file/file-store.ts'
import { createFormats, type DocumentChecks } from './formats.ts'
import { createSealer, type Sealer } from './sealer.ts'
import type { Store } from './store.ts'

/** The settings that decide it. */
export interface StoreSettings {
  DATA_DIR: string
  DATA_ENCRYPTION_KEY?: readonly string[] | undefined
}

export interface OpenStoreParts {
  checks: DocumentChecks
  now: () => Date
  /** Hears of damage and losses; its lines carry 8 digits of a hash and no text of a caller's. */
  log: Record<'error', (fields: object, message: string) => void>
}

/** What can be read beside a running bridge. `list` shows unreadable callers of any reason, and moves nothing aside. */
export type StoreReader = Pick<Store, 'list' | 'loadDocument' | 'close'>

/**
 * Opens the store for reading and writing; files are locked.
 *
 * @throws {DataDirLocked} another process works on DATA_DIR
 * @throws {StorageUnavailable} it cannot be used
 */
export async function openStore (settings: StoreSettings, { checks, now, log }: OpenStoreParts): Promise<Store> {
  return await openFileStore({
    folder: settings.DATA_DIR,
    formats: createFormats(checks, sealerOf(settings)),
    now,
    onDamaged: (file) => log.error({ file }, 'a damaged file was set aside'),
    onLost: (phoneHash, err) => log.error({ caller: hashPrefix(phoneHash), err }, 'a call start was not recorded')
  })
}

/**
 * Opens the store for reading alone, also while a bridge runs on it. Nothing is created, locked or moved.
 *
 * @throws {StorageUnavailable} there is none, or it cannot be read
 */
export async function openStoreReader (settings: StoreSettings, checks: DocumentChecks): Promise<StoreReader> {
  return await openFileReader(settings.DATA_DIR, createFormats(checks, sealerOf(settings)))
}

/** Whether there is anything to open: a folder that does not exist would be made. */
export async function hasStore ({ DATA_DIR }: StoreSettings): Promise<boolean> {
  try {
    await stat(DATA_DIR)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw new StorageUnavailable({ cause: error })
  }
}

/** What seals with DATA_ENCRYPTION_KEY; null when it is not set. */
export function sealerOf ({ DATA_ENCRYPTION_KEY: [first, ...others] = [] }: StoreSettings): Sealer | null {
  return first === undefined ? null : createSealer([first, ...others])
}
