/** What the commands get to work with. */
import type { Writable } from 'node:stream'
import type { Config } from '../../schemas/env.ts'
import { hashPrefix } from '../phone/phone-hash.ts'
import type { DocumentChecks } from '../store/formats.ts'
import type { ShowProgress } from './progress.ts'
import type { Questions } from './questions.ts'

export interface Shell extends BareShell {
  config: Config
  checks: DocumentChecks
}

/** What a command gets that needs no settings. */
export interface BareShell {
  /** With the settings file, if the command has one. */
  env: Record<string, string | undefined>
  now: () => Date
  /** Standard output, for bytes. */
  output: Writable & { isTTY?: boolean }
  /** A line on standard output: the result. */
  print (line: string): void
  /** A line on standard error: everything else. */
  say (line: string): void
  /** Shows how far the work is, until it ends. @param label - a word or two, such as `Sealing` */
  withProgress<T> (label: string, work: (show: ShowProgress) => Promise<T>): Promise<T>
  /** The first line of standard input. */
  readLine (): Promise<string>
  /** A pause before another try. Rejects when the signal is aborted. */
  wait (ms: number, signal: AbortSignal): Promise<unknown>
  /** Null without a terminal. */
  questions: Questions | null
  /** Aborted by SIGINT and SIGTERM. The command then finishes or undoes its current step, and rejects. */
  signal: AbortSignal
}

/** Such as `20,000 callers`. */
export function count (number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`
}

/** Lists up to ten names; phone hashes are cut to 8 digits. */
export function listNames (names: readonly string[]): string {
  const shown = names.slice(0, 10).map((name) => name.length === 64 ? hashPrefix(name) : name)
  return shown.join(', ') + (names.length > shown.length ? ` and ${names.length - shown.length} more` : '')
}
