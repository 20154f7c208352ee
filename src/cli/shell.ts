/** What a command is given by whoever runs it. */
import type { Writable } from 'node:stream'
import type { Config } from '../../schemas/env.ts'
import type { DocumentChecks } from '../store/formats.ts'
import type { Progress } from './progress.ts'

export interface Shell {
  config: Config
  checks: DocumentChecks
  now: () => Date
  /** Standard output, for what is no text. */
  output: Writable & { isTTY?: boolean }
  /** What was asked for: a line on standard output. */
  print (line: string): void
  /** Everything else: a line on standard error. */
  say (line: string): void
  /** @param label - what is under way, as a word or two */
  startProgress (label: string): Progress
  /** Aborted by Ctrl+C or a stop: what is under way is finished or taken back, and the command rejects. */
  signal: AbortSignal
}

/** Numbers as they are read best: 20,000. */
export function count (number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`
}

/** Up to ten names, phone hashes cut to 8 digits. */
export function listNames (names: readonly string[]): string {
  const shown = names.slice(0, 10).map((name) => name.length === 64 ? name.slice(0, 8) : name)
  return shown.join(', ') + (names.length > shown.length ? ` and ${names.length - shown.length} more` : '')
}
