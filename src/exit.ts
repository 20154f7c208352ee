/**
 * How a process ends: codes that scripts and service managers can tell apart, and errors put into words for a terminal.
 */
import { hideHashes } from './phone/phone-hash.ts'

export const EXIT = {
  done: 0,
  /** It failed, or cannot be done now; the text says whether another try helps. */
  failed: 1,
  /** Wrong arguments. */
  usage: 2,
  /** Done, but some records could not be read. */
  incomplete: 3,
  /** Settings, keys or the soul are wrong: EX_CONFIG of sysexits.h, which tells systemd not to try again. */
  settings: 78
} as const

/** Errors that only an operator can mend. */
const CONFIG_ERRORS = ['BRIDGE_SETTINGS_INVALID', 'BRIDGE_SOUL_INVALID', 'BRIDGE_ENCRYPTION_KEY_WRONG']

/** The code to end with, and a readable message; null for a defect, whose stack is needed. */
export function describeFailure (error: unknown): { code: number, message: string } | null {
  if (!(error instanceof Error) || !('code' in error)) return null
  const code = String(error.code)
  // Errors of the system, such as an address in use, say enough by themselves.
  if (!code.startsWith('BRIDGE_') && !('syscall' in error)) return null
  const message = error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
  return { code: CONFIG_ERRORS.includes(code) ? EXIT.settings : EXIT.failed, message: hideHashes(message) }
}
