/** Findings in the short form in which the tests of the checks compare them. */
import type { Finding } from '../../../src/doctor/finding.ts'

/** Such as `failure disk: Only 0.0 GB are free.`; those that are fine or skipped are left out. */
export function broken (findings: readonly Finding[]): string[] {
  return findings.filter(({ remedy }) => remedy !== null).map(({ level, check, message }) => `${level} ${check}: ${message}`)
}
