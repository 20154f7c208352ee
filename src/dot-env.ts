/** `.env` of the working directory, for development; a host without one uses its own environment. */
import { loadEnvFile } from 'node:process'

/** Variables that are set already win over the file. */
export function loadDotEnv (): void {
  try {
    loadEnvFile()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}
