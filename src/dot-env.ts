import { loadEnvFile } from 'node:process'

/** Loads `.env` from the working directory, if there is one. Variables that are already set win. */
export function loadDotEnv (): void {
  try {
    loadEnvFile()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}
