/** The findings as lines for a terminal. */
import pc from 'picocolors'
import type { Finding } from './finding.ts'

const MARKS: Record<Finding['level'], string> = {
  ok: pc.green('✓'), warning: pc.yellow('!'), failure: pc.red('✗'), skipped: pc.dim('–')
}

const COLUMN = 20

/** A line for each finding, and one more for what to do. */
export function reportLines (findings: readonly Finding[]): string[] {
  return findings.flatMap(({ check, level, message, remedy }) => [
    `${MARKS[level]} ${check.padEnd(COLUMN)} ${level === 'skipped' ? pc.dim(message) : message}`,
    ...(remedy === null ? [] : [`  ${''.padEnd(COLUMN)} ${pc.bold('→')} ${remedy}`])
  ])
}

export function summaryOf (findings: readonly Finding[]): string {
  const of = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length
  return `${of('ok')} fine, ${of('warning')} to look at, ${of('failure')} broken, ${of('skipped')} not checked.`
}
