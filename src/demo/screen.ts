/** What the demo prints: chapters, prompts, and a mark for each thing that was expected. */
import pc from 'picocolors'

export interface Screen {
  chapter (title: string, text: string): void
  /** A prompt, with what the bridge added to the soul standing out, and within it the lines that are new. */
  prompt (prompt: string, options: { showSoul: boolean, seenBefore: string }): void
  said (who: string, text: string): void
  detail (text: string): void
  /** Prints whether something is as expected, and keeps count. */
  expect (what: string, isTrue: boolean): void
  /** How many expectations were not met. */
  failures (): number
}

/** As many characters as fit a terminal of 80 columns behind indent and gutter. */
const PART = /\S.{0,73}(?=\s|$)|\S+/g

const FENCE = '<caller_record>'

export function createScreen (print: (line: string) => void): Screen {
  let chapters = 0
  let failures = 0
  const indented = (line: string) => print(`    ${line}`.trimEnd())
  return {
    chapter (title, text) {
      chapters++
      print('')
      print(pc.bold(pc.cyan(`${chapters}. ${title}`)))
      print(`   ${pc.dim(text)}`)
      print('')
    },
    prompt (prompt, { showSoul, seenBefore }) {
      const at = prompt.indexOf(FENCE)
      const soul = at === -1 ? prompt : prompt.slice(0, at)
      const block = at === -1 ? '' : prompt.slice(at)
      for (const line of showSoul ? soul.trimEnd().split('\n') : ['(the soul, as above)']) {
        wrapped(line).forEach((part) => indented(pc.dim(`│ ${part}`)))
      }
      indented(pc.dim('│'))
      for (const line of block === '' ? ['(nothing about the caller)'] : block.split('\n')) {
        const isNew = block !== '' && !seenBefore.includes(line)
        wrapped(line).forEach((part) => indented(
          isNew ? `${pc.green('┃')} ${pc.bold(pc.green(part))}` : `${pc.dim('│')} ${part}`
        ))
      }
      print('')
    },
    said: (who, text) => indented(`${pc.bold(who)} ${pc.yellow(`“${text}”`)}`),
    detail: (text) => wrapped(text).forEach((part) => indented(pc.dim(part))),
    expect (what, isTrue) {
      if (!isTrue) failures++
      indented(isTrue ? `${pc.green('✓')} ${what}` : pc.red(`✗ ${what} — not so!`))
    },
    failures: () => failures
  }
}

/** `line` in parts that fit, broken between words; a longer word stays whole. An empty line is one empty part. */
function wrapped (line: string): string[] {
  return line === '' ? [''] : line.match(PART) ?? []
}
