/** What the demo and `simulate` print: chapters, prompts, and whether each step worked. */
import pc from 'picocolors'
import { fieldsOf, type Fields } from '../json.ts'

export type Screen = ReturnType<typeof createScreen>

/** Fits a terminal of 80 columns, with the indent. */
const WRAPPED_LINE = /\S.{0,73}(?=\s|$)|\S+/g

const FENCE = '<caller_record>'

export function createScreen (print: (line: string) => void) {
  let chapters = 0
  let failures = 0
  const indented = (line: string) => print(`    ${line}`.trimEnd())
  return {
    chapter (title: string, text: string): void {
      chapters++
      print('')
      print(pc.bold(pc.cyan(`${chapters}. ${title}`)))
      print(`   ${pc.dim(text)}`)
      print('')
    },
    /** Prints a prompt with the soul dimmed, and highlights caller lines that are not in `seenBefore`. */
    prompt (prompt: string, { showSoul, seenBefore }: { showSoul: boolean, seenBefore: string }): void {
      const at = prompt.indexOf(FENCE)
      const soul = at === -1 ? prompt : prompt.slice(0, at)
      const block = at === -1 ? '' : prompt.slice(at)
      for (const line of showSoul ? soul.trimEnd().split('\n') : ['(the soul, as above)']) {
        wrapped(line).forEach((part) => indented(pc.dim(`│ ${part}`)))
      }
      indented(pc.dim('│'))
      for (const line of block === '' ? ['(nothing about the caller)'] : block.split('\n')) {
        const isNew = block !== '' && !seenBefore.includes(line)
        const gutter = isNew ? pc.green('┃') : pc.dim('│')
        wrapped(line).forEach((part) => indented(`${gutter} ${isNew ? pc.bold(pc.green(part)) : part}`))
      }
      print('')
    },
    heading: (text: string) => indented(pc.bold(text)),
    value (name: string, text: string): void {
      const [first = '', ...rest] = wrapped(`${name}: ${text}`)
      indented(`${pc.cyan(first.slice(0, name.length + 1))}${first.slice(name.length + 1)}`)
      rest.forEach((part) => indented(`  ${part}`))
    },
    said: (who: string, text: string) => indented(`${pc.bold(who)} ${pc.yellow(`“${text}”`)}`),
    detail: (text: string) => wrapped(text).forEach((part) => indented(pc.dim(part))),
    expect (what: string, isTrue: boolean): void {
      if (!isTrue) failures++
      indented(isTrue ? `${pc.green('✓')} ${what}` : pc.red(`✗ ${what} (failed)`))
    },
    /** The number of expectations that were not met. */
    failures: () => failures
  }
}

/** The prompt of a call start response; empty without one. */
export function promptOf (response: Fields): string {
  return String(fieldsOf(agentOf(response), 'prompt')['prompt'] ?? '')
}

/** The greeting of a call start response; empty without one. */
export function firstMessageOf (response: Fields): string {
  return String(agentOf(response)['first_message'] ?? '')
}

function agentOf (response: Fields): Fields {
  return fieldsOf(fieldsOf(response, 'conversation_config_override'), 'agent')
}

/** Breaks between words; a longer word stays whole. */
function wrapped (line: string): string[] {
  return line === '' ? [''] : line.match(WRAPPED_LINE) ?? []
}
