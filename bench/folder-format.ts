/** Where the file driver keeps what, as its documentation says: bench and chaos look at files, not through the driver. */
import { join } from 'node:path'

/** The file of a caller's record. */
export function recordPath (dataDir: string, phoneHash: string): string {
  return join(dataDir, 'callers', phoneHash.slice(0, 2), `${phoneHash}.json`)
}
