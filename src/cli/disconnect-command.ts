/** `disconnect`: takes back what `connect` did at ElevenLabs, and nothing else. */
import { disconnect, disconnectLines } from '../connect/disconnect.ts'
import { createElevenLabs } from '../elevenlabs/management.ts'
import { EXIT } from '../process.ts'
import { withConnection, type KeptConnection } from './kept-connection.ts'
import { confirmChange } from './questions.ts'
import { count, type Shell } from './shell.ts'

export interface DisconnectOptions {
  yes?: boolean
  dryRun?: boolean
}

export async function disconnectCommand (shell: Shell, options: DisconnectOptions): Promise<number> {
  return await withConnection(shell, (connection) => takeBack(options, shell, connection))
}

async function takeBack (
  { yes = false, dryRun = false }: DisconnectOptions, shell: Shell, connection: KeptConnection
): Promise<number> {
  const { print, say, questions, signal } = shell
  const lines = disconnectLines(connection.value)
  if (lines.length === 0) {
    say('Nothing to do: "memory-bridge connect" has changed nothing.')
    return EXIT.done
  }
  for (const line of lines) print(line)
  if (dryRun) return EXIT.incomplete
  const message = `Take ${count(lines.length, 'change')} back?`
  if (!yes) await confirmChange(questions, { message, initial: false, what: 'take this back' })

  let isComplete = true
  try {
    await disconnect({
      api: createElevenLabs(shell, signal),
      kept: connection,
      onDone: (what) => say(`Done: ${what}.`),
      onLeft (what) {
        isComplete = false
        say(`Left: ${what}.`)
      },
      signal
    })
  } finally {
    if (signal.aborted) say('Interrupted. Nothing is half done: run this again to go on.')
  }
  say('Disconnected. The settings file was not changed: it still has the secret of the deleted webhook, which is of ' +
    'no use to anybody.')
  return isComplete ? EXIT.done : EXIT.incomplete
}
