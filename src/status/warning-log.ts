/** Logs a warning when it appears, once a day while it lasts, and when it is over. */
import { warningText, type Warning } from './warning.ts'

const DAY_MS = 24 * 60 * 60_000

export function createWarningLog (log: Record<'info' | 'warn', (fields: object, message: string) => void>) {
  const loggedAtMs = new Map<Warning['code'], number>()

  return function look (warnings: readonly Warning[], now: Date): void {
    const nowMs = now.getTime()
    for (const code of loggedAtMs.keys()) {
      if (warnings.some((warning) => warning.code === code)) continue
      loggedAtMs.delete(code)
      log.info({ code }, 'a warning is over')
    }
    for (const warning of warnings) {
      const { code } = warning
      if (nowMs - (loggedAtMs.get(code) ?? -Infinity) < DAY_MS) continue
      loggedAtMs.set(code, nowMs)
      log.warn({ code }, warningText(warning))
    }
  }
}
