/** Opens the store that the settings ask for. Only here are driver and sealing chosen. */
import { stat } from 'node:fs/promises'
import type { Config } from '../../schemas/env.ts'
import { RecordDamaged, StorageUnavailable } from '../errors.ts'
import { hashPrefix } from '../phone/phone-hash.ts'
import { diskThreads, type Disk } from './file/disk.ts'
import { openFileDriver, openFileReader } from './file/file-driver.ts'
import { callerStore } from './caller-store.ts'
import { createFormats, type DocumentChecks } from './formats.ts'
import { checkKeys } from './keys-in-use.ts'
import { lateStore, type LateStoreParts } from './late-store.ts'
import type { Driver } from './driver.ts'
import { sealerFor } from './sealer.ts'
import type { Store } from './store.ts'
import { isMissing } from './file/system-error.ts'
import { orNull } from './unreadable.ts'

type StoreSettings = Pick<Config, 'DATABASE_URL' | 'DATA_DIR' | 'DATA_ENCRYPTION_KEY'>

export interface OpenStoreParts extends Pick<LateStoreParts, 'patienceMs'> {
  checks: DocumentChecks
  now: () => Date
  /** Gets lines about damage and losses. They carry 8 digits of a phone hash, and nothing that a caller said. */
  log: Record<'info' | 'warn' | 'error', (fields: object, message: string) => void>
  /** Default: the threads of this process. */
  disk?: Disk | undefined
  /** Called for each call start that could not be written; it is logged as well. */
  onLost?: (() => void) | undefined
}

/** What can be read while a bridge is running. `list` names callers that cannot be read, for whatever reason. */
export type StoreReader = Pick<Store, 'list' | 'loadDocument' | 'close'>

/**
 * For commands. Files in DATA_DIR are locked.
 *
 * @throws {DataDirLocked} another process uses DATA_DIR
 * @throws {EncryptionKeyWrong} DATA_ENCRYPTION_KEY lacks a key
 * @throws {RecordDamaged} the document `keys` was damaged and is now quarantined
 * @throws {StorageUnavailable} the storage cannot be used
 */
export async function openStore (settings: StoreSettings, parts: OpenStoreParts): Promise<Store> {
  const { open, check } = await mediumOf(settings, parts, false)
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
 * For the bridge. Keeps trying to open a storage that cannot be used within two seconds.
 *
 * @throws {DataDirLocked | EncryptionKeyWrong} as `openStore`
 * @throws {StorageUnavailable} DATABASE_URL, or a certificate file that it names, cannot be read
 */
export async function openLateStore (settings: StoreSettings, parts: OpenStoreParts): Promise<Store> {
  return await lateStore({ ...parts, ...await mediumOf(settings, parts, parts.disk === undefined) })
}

/** @throws {StorageUnavailable} DATABASE_URL, or a certificate file that it names, cannot be read */
async function mediumOf (
  settings: StoreSettings, parts: OpenStoreParts, isWatched: boolean
): Promise<Pick<LateStoreParts, 'driver' | 'open' | 'check'>> {
  const { DATABASE_URL: url, DATA_DIR: folder } = settings
  const { checks, now, log, disk = diskThreads, onLost } = parts
  const sealer = sealerFor(settings.DATA_ENCRYPTION_KEY)
  const storeOn = (driver: Driver, onDamaged: (name: string) => void): Store => callerStore({
    driver,
    formats: createFormats(checks, sealer),
    now,
    onDamaged,
    onLost (phoneHash, err) {
      onLost?.()
      log.error({ caller: hashPrefix(phoneHash), err }, 'a call start was not recorded')
    }
  })
  if (url === undefined) {
    return {
      driver: 'files',
      open: async () => storeOn(
        await openFileDriver({ folder, disk, isRing: checks.ring, now, log, isWatched }),
        (file) => log.error({ file }, 'a damaged file was quarantined')),
      check: (store) => checkKeys(store, sealer)
    }
  }

  // Loaded lazily: users of files need no pg.
  const { openDatabase } = await import('./postgres/database.ts')
  const { migrate } = await import('./postgres/schema.ts')
  const { postgresDriver } = await import('./postgres/postgres-driver.ts')
  const database = await openDatabase(url, (err) => log.warn({ err }, 'a connection to the database was lost'))
  log.info({ driver: 'postgresql', ...database.address }, 'the memory is stored in a database')
  return {
    driver: 'postgresql',
    open: async () => storeOn(
      postgresDriver(database, now), (row) => log.error({ row }, 'a damaged record was quarantined')),
    async check (store) {
      await migrate(database)
      await checkKeys(store, sealer)
    }
  }
}

/**
 * For reading, also while a bridge is running. Of files, nothing is created, locked or moved.
 *
 * @throws {EncryptionKeyWrong} DATA_ENCRYPTION_KEY lacks a key
 * @throws {StorageUnavailable} there is nothing to read, or it cannot be read
 */
export async function openStoreReader (settings: StoreSettings, parts: OpenStoreParts): Promise<StoreReader> {
  if (settings.DATABASE_URL !== undefined) return await openStore(settings, parts)
  const sealer = sealerFor(settings.DATA_ENCRYPTION_KEY)
  const { checks, disk = diskThreads, now } = parts
  const driver = await openFileReader({ folder: settings.DATA_DIR, disk, isRing: checks.ring })
  const formats = createFormats(checks, sealer)
  const { list, loadDocument } = callerStore({ driver, formats, now, onDamaged: () => {}, onLost: () => {} })
  try {
    // Read-only: the change that the check makes is not saved.
    await checkKeys({ updateDocument: async (name, change) => change(await loadDocument(name)).result }, sealer)
  } catch (error) {
    // Without readable `keys`, documents that do not open are found one by one.
    if (!(error instanceof RecordDamaged || error instanceof StorageUnavailable)) throw error
  }
  return { list, loadDocument, close: () => driver.close() }
}

/** Whether there is anything to open. Opening a missing folder would create it. */
export async function hasStore ({ DATABASE_URL, DATA_DIR }: StoreSettings): Promise<boolean> {
  if (DATABASE_URL !== undefined) return true
  try {
    return await orNull(isMissing, stat(DATA_DIR)) !== null
  } catch (error) {
    throw new StorageUnavailable({ cause: error })
  }
}
