/** The paths of the file driver as documented: bench and chaos look at the files, not through the driver. */
import { join } from 'node:path'

export function recordPath (dataDir: string, phoneHash: string): string {
  return join(dataDir, 'callers', phoneHash.slice(0, 2), `${phoneHash}.json`)
}
