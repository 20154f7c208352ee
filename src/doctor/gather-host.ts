/** Gathers facts about this machine, for `doctor`. Reads only. */
import { readFile, stat, statfs } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { geteuid } from 'node:process'
import type { Config } from '../../schemas/env.ts'
import { isFields, numberOf, parseJson, textOf } from '../json.ts'
import { LOCK_FILE } from '../store/file/folder-lock.ts'
import { isSystemError } from '../store/file/system-error.ts'
import { orNull } from '../store/unreadable.ts'

export type HostFacts = Awaited<ReturnType<typeof gatherHost>>['host']

/** `lock` says who has DATA_DIR open, such as `process 7 on host`; null if nobody, and with a database. */
export async function gatherHost (
  { DATA_DIR, DATABASE_URL }: Pick<Config, 'DATA_DIR' | 'DATABASE_URL'>, envFile: string
) {
  const folder = DATABASE_URL === undefined ? resolve(DATA_DIR) : null
  const holder = folder === null ? null : await readHolder(join(folder, LOCK_FILE))
  const host = {
    /** Of this command; null where there are no user ids. */
    userId: geteuid?.() ?? null,
    /** Null if there is none. */
    envFile: await fileFacts(envFile),
    /** Null if there is none yet, and with a database. */
    dataDir: folder === null ? null : await fileFacts(folder),
    /** Where DATA_DIR is; null with a database, and if it is not known. */
    disk: folder === null ? null : await diskOf(folder),
    /** The user who runs the bridge; null if none is running, or it is not known. */
    bridgeUserId: holder === null ? null : (await statOrNull(`/proc/${holder.pid}`))?.uid ?? null
  }
  return { host, lock: holder === null ? null : `process ${holder.pid} on ${holder.host}` }
}

async function readHolder (path: string): Promise<{ pid: number, host: string } | null> {
  const holder = parseJson(await orNull(isSystemError, readFile(path, 'utf8')) ?? '')
  const pid = isFields(holder) ? numberOf(holder, 'pid') : null
  return isFields(holder) && pid !== null ? { pid, host: textOf(holder, 'host') ?? 'this machine' } : null
}

async function fileFacts (path: string) {
  const stats = await statOrNull(path)
  return stats === null ? null : { path, mode: stats.mode & 0o777, owner: stats.uid }
}

async function diskOf (folder: string) {
  const stats = await orNull(isSystemError, statfs(folder))
  if (stats === null) return null
  // Some file systems have no limit of files, and say 0.
  return { freeBytes: stats.bavail * stats.bsize, freeInodes: stats.files === 0 ? null : stats.ffree }
}

/** What cannot be read is not known; other findings say what that means. */
async function statOrNull (path: string) {
  return await orNull(isSystemError, stat(path))
}
