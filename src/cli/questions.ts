/** Questions on a terminal. */
import type { Readable, Writable } from 'node:stream'
import { CommandFailed } from '../errors.ts'

type Clack = typeof import('@clack/prompts')

/** Every method throws `CommandFailed` when the person gives up. */
export interface Questions {
  /** @param fault - says what is wrong with an answer; null if nothing is */
  text (message: string, initial: string, fault: (answer: string) => string | null): Promise<string>
  /** Not shown while it is typed. */
  secret (message: string): Promise<string>
  /** At least one. */
  choose (message: string, choices: Array<{ value: string, label: string }>): Promise<string[]>
  confirm (message: string, initial: boolean): Promise<boolean>
}

/** @param output - standard error, so that standard output has only the result */
export function terminalQuestions (input: Readable, output: Writable, signal: AbortSignal): Questions {
  const common = { input, output, signal }
  async function ask<T> (prompt: (clack: Clack) => Promise<unknown>): Promise<T> {
    // Most commands ask nothing.
    const clack = await import('@clack/prompts')
    const answer = await prompt(clack)
    signal.throwIfAborted()
    if (clack.isCancel(answer)) throw new CommandFailed('Cancelled')
    return answer as T
  }

  return {
    async text (message, initial, fault) {
      const validate = (answer = '') => fault(answer.trim()) ?? undefined
      return (await ask<string>(({ text }) => text({ ...common, message, initialValue: initial, validate }))).trim()
    },
    async secret (message) {
      const validate = (answer = '') => answer.trim() === '' ? 'Paste it here' : undefined
      return (await ask<string>(({ password }) => password({ ...common, message, validate }))).trim()
    },
    async choose (message, choices) {
      return await ask(({ multiselect }) => multiselect({ ...common, message, options: choices, required: true }))
    },
    async confirm (message, initial) {
      return await ask(({ confirm }) => confirm({ ...common, message, initialValue: initial }))
    }
  }
}

/** @param what - that --yes is for. @throws {CommandFailed} the answer is no, or there is no terminal */
export async function confirmChange (
  questions: Questions | null, { message, initial, what }: { message: string, initial: boolean, what: string }
): Promise<void> {
  if (questions === null) {
    throw new CommandFailed(`Nothing was changed. There is no terminal to ask on: give --yes to ${what}`)
  }
  if (!await questions.confirm(message, initial)) throw new CommandFailed('Nothing was changed')
}
