/** Which store the settings mean: the one place where driver and seal are chosen, for the bridge and for its commands. */
import { stat } from 'node:fs/promises'
import { RecordDamaged, StorageUnavailable } from '../errors.ts'
import { hashPrefix } from '../phone/phone-hash.ts'
import { diskThreads, type Disk } from './file/disk.ts'
import { openFileReader } from './file/file-reader.ts'
import { openFileStore } from './file/file-store.ts'
import { createFormats, type DocumentChecks } from './formats.ts'
import { checkKeys } from './keys-in-use.ts'
import { lateStore, type LateStoreParts } from './late-store.ts'
import { sealerFor } from './sealer.ts'
import type { Store } from './store.ts'

/** The settings that decide it. */
export interface StoreSettings {
  DATABASE_URL?: string | undefined
  DATA_DIR: string
  DATA_ENCRYPTION_KEY: readonly string[]
}

export interface OpenStoreParts {
  checks: DocumentChecks
  now: () => Date
  /** Hears of damage and losses; its lines carry 8 digits of a hash and no text of a caller's. */
  log: Record<'info' | 'warn' | 'error', (fields: object, message: string) => void>
  /** Does the file work. Default: threads of its own. */
  disk?: Disk | undefined
  /** Told, beside the log, of each call start that could not be written. */
  onLost?: (() => void) | undefined
}

/** What can be read beside a running bridge: `list` names callers that cannot be read, whatever the reason. */
export type StoreReader = Pick<Store, 'list' | 'loadDocument' | 'close'>

/**
 * Opens the store for a command, for reading and writing: PostgreSQL when DATABASE_URL is set, else the files in
 * DATA_DIR, which are locked.
 *
 * @throws {DataDirLocked} another process works on DATA_DIR
 * @throws {EncryptionKeyWrong} DATA_ENCRYPTION_KEY lacks a key
 * @throws {RecordDamaged} the document `keys` was damaged, and has been set aside
 * @throws {StorageUnavailable} it cannot be used
 */
export async function openStore (settings: StoreSettings, parts: OpenStoreParts): Promise<Store> {
  const { open, check } = driverOf(settings, parts)
  const store = await open()
  try {
    await check(store)
  } catch (error) {
    await store.close()
    throw error
  }
  return store
}

/**
 * Opens the store for the bridge, as `openStore` does. When it cannot be used at the moment, or does not answer within two
 * seconds, a store comes back that can be used later.
 *
 * @throws {DataDirLocked} another process works on DATA_DIR
 * @throws {EncryptionKeyWrong} DATA_ENCRYPTION_KEY lacks a key
 * @throws {StorageUnavailable} DATABASE_URL cannot be read, or a file of certificates that it names
 */
export async function openLateStore (settings: StoreSettings, parts: OpenStoreParts): Promise<Store> {
  const { driver, open, check } = driverOf(settings, parts)
  if (driver === 'files') return await lateStore({ driver, open, check, log: parts.log })
  // It does not wait for the database: what makes it fail is wrong for good.
  const store = await open()
  return await lateStore({ driver, open: async () => store, check, log: parts.log })
}

function driverOf (settings: StoreSettings, { checks, now, log, disk = diskThreads, onLost }: OpenStoreParts): Pick<LateStoreParts, 'driver' | 'open' | 'check'> {
  const { DATABASE_URL } = settings
  const sealer = sealerFor(settings.DATA_ENCRYPTION_KEY)
  const formats = createFormats(checks, sealer)
  const check = (store: Store) => checkKeys(store, sealer)
  return DATABASE_URL === undefined
    ? { driver: 'files', open: openFiles, check }
    : { driver: 'postgresql', open: () => openDatabase(DATABASE_URL), check }

  async function openFiles (): Promise<Store> {
    return await openFileStore({
      folder: settings.DATA_DIR,
      formats,
      disk,
      now,
      onDamaged: (file) => log.error({ file }, 'a damaged file was set aside'),
      onLost (phoneHash, err) {
        onLost?.()
        log.error({ caller: hashPrefix(phoneHash), err }, 'a call start was not recorded')
      },
      onTempsLeft: (err) => log.warn({ err }, 'temp files that a crash left could not all be removed; the next start tries again')
    })
  }

  async function openDatabase (url: string): Promise<Store> {
    // Loaded when it is meant: whoever keeps files would hold the driver for nothing.
    const { openPostgresStore } = await import('./postgres/postgres-store.ts')
    return await openPostgresStore({
      url,
      formats,
      now,
      onDamaged: (row) => log.error({ row }, 'a damaged record was set aside'),
      log
    })
  }
}

/**
 * Opens the store for reading, also while a bridge runs on it. Of files nothing is made, locked or moved; a database is
 * opened as ever, for it lets many in.
 *
 * @throws {EncryptionKeyWrong} DATA_ENCRYPTION_KEY lacks a key
 * @throws {StorageUnavailable} there is nothing to read, or it cannot be read
 */
export async function openStoreReader (settings: StoreSettings, parts: OpenStoreParts): Promise<StoreReader> {
  if (settings.DATABASE_URL !== undefined) return await openStore(settings, parts)
  const sealer = sealerFor(settings.DATA_ENCRYPTION_KEY)
  const reader = await openFileReader(settings.DATA_DIR, createFormats(parts.checks, sealer), parts.disk ?? diskThreads)
  try {
    // Only looked at: what the check would note is not written.
    await checkKeys({ updateDocument: async (name, change) => change(await reader.loadDocument(name)).result }, sealer)
  } catch (error) {
    // Then what does not open is found one by one.
    if (!(error instanceof RecordDamaged || error instanceof StorageUnavailable)) throw error
  }
  return reader
}

/** Whether there is anything to open: a folder that does not exist would be made. */
export async function hasStore ({ DATABASE_URL, DATA_DIR }: StoreSettings): Promise<boolean> {
  if (DATABASE_URL !== undefined) return true
  try {
    await stat(DATA_DIR)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw new StorageUnavailable({ cause: error })
  }
}
