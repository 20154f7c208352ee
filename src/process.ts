/** How our processes begin and end: .env, exit codes, and error messages for a terminal. */
import { loadEnvFile } from 'node:process'
import { hideHashes } from './phone/phone-hash.ts'
import { ignoring } from './store/file/system-error.ts'

/** Loads `.env` from the working directory, if there is one. Variables that are already set win. */
export function loadDotEnv (): void {
  ignoring(['ENOENT'], () => loadEnvFile())
}

/** Null unless the user id is root's; undefined on systems without user ids. */
export function rootWarning (uid: number | undefined): string | null {
  return uid === 0
    ? 'running as root: a flaw in the bridge or in a package would reach the whole machine. Run it as a user of its own'
    : null
}

export const EXIT = {
  done: 0,
  failed: 1,
  /** Wrong arguments. */
  usage: 2,
  /** Done, but some records could not be read. */
  incomplete: 3,
  /** Waits for the bridge to be restarted; run the command again then. */
  waiting: 4,
  /** Settings, keys or the soul are wrong: EX_CONFIG of sysexits.h. Our systemd unit does not restart after it. */
  settings: 78
} as const

const CONFIG_ERRORS = ['BRIDGE_SETTINGS_INVALID', 'BRIDGE_SOUL_INVALID', 'BRIDGE_ENCRYPTION_KEY_WRONG']

/** The exit code, and a readable message; null for a bug, whose stack is needed. */
export function describeFailure (error: unknown): { code: number, message: string } | null {
  if (!(error instanceof Error) || !('code' in error)) return null
  const code = String(error.code)
  // The messages of system errors, such as an address in use, are clear enough.
  if (!code.startsWith('BRIDGE_') && !('syscall' in error)) return null
  const message = error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message
  return { code: CONFIG_ERRORS.includes(code) ? EXIT.settings : EXIT.failed, message: hideHashes(message) }
}
