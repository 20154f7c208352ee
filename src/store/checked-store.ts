/** A store that is not used before the keys were found to fit. */
import { RecordDamaged, StorageUnavailable } from '../errors.ts'
import { checkKeys } from './keys-in-use.ts'
import type { Sealer } from './sealer.ts'
import type { Store } from './store.ts'

/**
 * `store`, with its keys checked. When it cannot be read at the moment, a store comes back that makes up for the check
 * before its first use: until then nothing is read, and above all nothing is sealed with a key that nobody knows of.
 *
 * @param onLater - told why the check was put off
 * @throws {EncryptionKeyWrong} and closes the store
 */
export async function checkedStore (store: Store, sealer: Sealer | null, onLater: (error: unknown) => void): Promise<Store> {
  const check = () => checkKeys(store, sealer)
  try {
    await check()
    return store
  } catch (error) {
    if (error instanceof StorageUnavailable || error instanceof RecordDamaged) {
      onLater(error)
      return storeAfter(store, check)
    }
    await store.close()
    throw error
  }
}

/** `store`, whose every use waits for `condition`, and fails with it. Once it held, it is not asked again. */
function storeAfter (store: Store, condition: () => Promise<void>): Store {
  let held: Promise<void> | null = null

  async function ready (): Promise<Store> {
    held ??= condition().catch((error: unknown) => {
      held = null
      throw error
    })
    await held
    return store
  }

  return {
    driver: store.driver,
    work: {
      note: async (phoneHash, dueAt) => await (await ready()).work.note(phoneHash, dueAt),
      take: async (now, until) => await (await ready()).work.take(now, until),
      settle: async (work, dueAt) => await (await ready()).work.settle(work, dueAt),
      list: async (after, limit) => await (await ready()).work.list(after, limit)
    },
    load: async (phoneHash) => await (await ready()).load(phoneHash),
    update: async (phoneHash, change) => await (await ready()).update(phoneHash, change),
    updateSoon: async (phoneHash, change, patienceMs) => await (await ready()).updateSoon(phoneHash, change, patienceMs),
    list: async (kind, after, limit) => await (await ready()).list(kind, after, limit),
    loadDocument: async (name) => await (await ready()).loadDocument(name),
    updateDocument: async (name, change) => await (await ready()).updateDocument(name, change),
    check: async () => await (await ready()).check(),
    close: () => store.close()
  }
}
