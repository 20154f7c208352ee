/** The time of the last backup: that of an empty file in DATA_DIR, which the command `backup` replaces. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../../schemas/env.ts'
import { isMissing } from '../store/file/system-error.ts'
import { orNull } from '../store/unreadable.ts'

export const LAST_BACKUP_FILE = 'last-backup'

/** ISO 8601. Null if there was none yet, or with a database, whose backups nobody tells us of. */
export async function lastBackupAt ({ DATA_DIR, DATABASE_URL }: Pick<Config, 'DATA_DIR' | 'DATABASE_URL'>) {
  if (DATABASE_URL !== undefined) return null
  const file = await orNull(isMissing, stat(join(DATA_DIR, LAST_BACKUP_FILE)))
  return file === null ? null : file.mtime.toISOString()
}
