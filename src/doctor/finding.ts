/** What `doctor` says about one thing that it looked at. */
export interface Finding {
  /** A word or two; several findings can be about the same. */
  check: string
  level: 'ok' | 'warning' | 'failure' | 'skipped'
  message: string
  /** What to do; null unless it is a warning or a failure. */
  remedy: string | null
}

/** A remedy. */
export const CONNECT = 'Run memory-bridge connect.'

/** The functions with which one check makes its findings. */
export function findingsOf (check: string) {
  const finding = (level: Finding['level'], message: string, remedy: string | null): Finding =>
    ({ check, level, message, remedy })
  return {
    ok: (message: string) => finding('ok', message, null),
    warning: (message: string, remedy: string) => finding('warning', message, remedy),
    failure: (message: string, remedy: string) => finding('failure', message, remedy),
    /** It could not be looked at, or there is nothing to look at. */
    skipped: (message: string) => finding('skipped', message, null)
  }
}

/** What is wrong with an address at ElevenLabs; null if nothing is. */
export function addressFault (url: unknown, expected: string): string | null {
  if (url === expected) return null
  return typeof url === 'string' && url.trim() === expected ? 'has spaces around it' : `is not ${expected}`
}

/** 0, 1 with warnings, 2 with failures. */
export function exitCodeOf (findings: readonly Finding[]): 0 | 1 | 2 {
  if (findings.some(({ level }) => level === 'failure')) return 2
  return findings.some(({ level }) => level === 'warning') ? 1 : 0
}
