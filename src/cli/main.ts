/** The command line: reads arguments and settings, runs one command, and gives the code to end with. */
import { createInterface } from 'node:readline/promises'
import type { Readable, Writable } from 'node:stream'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { storableTime } from '../clock.ts'
import { CommandFailed } from '../errors.ts'
import { describeFailure, EXIT } from '../exit.ts'
import { VERSION } from '../version.ts'
import { createProgress } from './progress.ts'
import type { RestoreOptions } from './restore-command.ts'
import type { Shell } from './shell.ts'
import { readSince } from './since.ts'

const HELP = `
Settings are those of the bridge: they come from the environment and from .env in
the working directory; variables that are set already win over the file.

Exit codes:
  0     done
  1     it failed, or cannot be done now; the message says why
  2     wrong arguments
  3     done, but some records could not be read; they are counted and named
  78    settings, keys or the soul are wrong: mend them first
  130   broken off by Ctrl+C (143 by SIGTERM): run it again to go on

Examples:
  $ memory-bridge hash -              asks for a number, so that no shell history has it
  $ memory-bridge backup "memory-$(date +%F).jsonl.gz"
  $ memory-bridge restore --check memory-2026-11-22.jsonl.gz
  $ memory-bridge backfill --since 12h
  $ memory-bridge help restore        more about one command
`

/** What a process has, or a test in its place. */
export interface CommandLine {
  /** Without the names of program and script. */
  args: string[]
  env: Record<string, string | undefined>
  stdin: Readable & { isTTY?: boolean }
  stdout: Writable & { isTTY?: boolean }
  stderr: Writable & { isTTY?: boolean }
  /** Aborted by Ctrl+C or a stop. */
  signal: AbortSignal
  /** What `serve` does. */
  serve: () => Promise<void>
}

/**
 * Runs one command, and resolves to its exit code. Rejects with a defect alone: its stack is needed. What it resolves to
 * after `signal` was aborted means nothing.
 */
export async function main (commandLine: CommandLine): Promise<number> {
  const { args, env, stdin, stdout, stderr, signal } = commandLine
  const say = (line: string) => { stderr.write(`${line}\n`) }
  let exitCode: number = EXIT.done
  try {
    await program().parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    // Commander has said what is wrong by itself; --help and --version come here, too, with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
    if (signal.aborted) {
      say('Broken off.')
      return EXIT.failed
    }
    const failure = describeFailure(error)
    if (failure === null) throw error
    say(failure.message)
    return failure.code
  }

  function program (): Command {
    const memoryBridge = new Command('memory-bridge')
      .description('The memory of a phone agent, and what its operator does with it.')
      .version(VERSION, '-V, --version', 'print the version')
      .helpOption('-h, --help', 'print this help')
      .helpCommand('help [command]', 'print the help of a command')
      .addHelpText('after', HELP)
      .showHelpAfterError('(--help says what there is)')
      .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) })
      .exitOverride()

    memoryBridge.command('serve')
      .description('answer calls until SIGTERM or Ctrl+C')
      .action(commandLine.serve)

    memoryBridge.command('hash')
      .description('print the phone hash that stands for a number, and say whether somebody is known under it')
      .argument('<number>', 'best with + and country code; - reads it from standard input, where neither the shell history nor the list of processes shows it')
      .addHelpText('after', `
A record from before PHONE_HASH_KEY was set is moved to the keyed hash first. While a
bridge runs on this DATA_DIR it is asked, which needs ADMIN_API_KEY.
`)
      .action(async (number: string) => {
        await run(async (shell) => {
          const { hashCommand } = await import('./hash-command.ts')
          return await hashCommand(number === '-' ? await readLine() : number, shell)
        })
      })

    memoryBridge.command('seal')
      .description('seal all that is stored with the first key of DATA_ENCRYPTION_KEY')
      .addHelpText('after', `
To change the key, put the new one before the old one, start the bridge again, run
this, and then take the old key away. It can be broken off and run again at any
time. While a bridge runs on this DATA_DIR it does the work, which needs
ADMIN_API_KEY; calls are answered all the same.
`)
      .action(async () => {
        await run(async (shell) => {
          const { sealCommand } = await import('./seal-command.ts')
          return await sealCommand(shell)
        })
      })

    memoryBridge.command('sweep')
      .description('show the last sweep of what is not to be kept, and whether it is stopped')
      .option('--confirm', 'let a stopped one go on, once, with the count that is shown')
      .addHelpText('after', `
A sweep counts before it erases. It stops when it would erase more than 20 callers and
more than RETENTION_MAX_SHARE, or when the clock was set by more than an hour while the
bridge was running. Look at the clock and at RETENTION_DAYS before you confirm. While a
bridge runs on this DATA_DIR it is asked, which needs ADMIN_API_KEY.
`)
      .action(async (options: { confirm?: boolean }) => {
        await run(async (shell) => {
          const { sweepCommand } = await import('./sweep-command.ts')
          return await sweepCommand(options, shell)
        })
      })

    memoryBridge.command('backfill')
      .description('fetch calls from ElevenLabs whose report never came, such as while the bridge was down')
      .addOption(new Option('--since <when>', 'from when on: 7d, 12h, 2026-11-15 (UTC) or 2026-11-15T09:00:00Z')
        .argParser(sinceOf)
        .default(sinceOf('7d'), '7d'))
      .addHelpText('after', `
Calls that are known stay as they are, so it can be run at any time and as often as
you like. Broken off and run again within a day, it goes on where it was. While a
bridge runs on this DATA_DIR it does the work, which needs ADMIN_API_KEY; calls are
answered all the same.
`)
      .action(async ({ since }: { since: number }) => {
        await run(async (shell) => {
          const { backfillCommand } = await import('./backfill-command.ts')
          return await backfillCommand(since, shell)
        })
      })

    memoryBridge.command('backup')
      .description('write all that is stored to one file, also while a bridge runs')
      .argument('<file>', 'by custom something.jsonl.gz; - is standard output')
      .option('--force', 'replace the file when it is there')
      .addHelpText('after', `
One line for each caller, compressed; sealed when DATA_ENCRYPTION_KEY is set. The file
has mode 0600 and is there when it is whole. It holds no settings: keep PHONE_HASH_KEY
and DATA_ENCRYPTION_KEY apart from it, without them it is of no use.
`)
      .action(async (file: string, options: { force?: true }) => {
        await run(async (shell) => {
          const { backupCommand } = await import('./backup-command.ts')
          return await backupCommand(file, options, shell)
        })
      })

    memoryBridge.command('restore')
      .description('put what is in a backup into the store; stop the bridge first')
      .argument('<file>', 'what backup wrote; - is standard input, when that is a file')
      .option('--check', 'only verify that the file is whole and can be opened')
      .option('--overwrite', 'where both have a record of a caller, or a note, take the backup\'s')
      .option('--force', 'also when the backup was made under another PHONE_HASH_KEY')
      .addHelpText('after', `
The file is verified from end to end before anything is written. Erasures and
opt-outs hold, whichever side knows of them. Run again, it changes nothing. It is
also the way from files to PostgreSQL and back, and from plain to sealed.
`)
      .action(async (file: string, options: RestoreOptions) => {
        await run(async (shell) => {
          const { restoreCommand } = await import('./restore-command.ts')
          return await restoreCommand(file, options, shell)
        })
      })

    return memoryBridge
  }

  async function run (command: (shell: Shell) => Promise<number>): Promise<void> {
    const { readSettings, storedChecks } = await import('./parts.ts')
    exitCode = await command({
      config: await readSettings(env),
      checks: storedChecks(),
      now: () => storableTime(new Date()),
      output: stdout,
      print: (line) => { stdout.write(`${line}\n`) },
      say,
      startProgress: (label) => createProgress({ label, out: stderr, now: () => performance.now() }),
      signal
    })
  }

  /** One line of standard input. */
  async function readLine (): Promise<string> {
    if (stdin.isTTY === true) stderr.write('Number: ')
    const lines = createInterface({ input: stdin, signal })
    try {
      const { value: line } = await lines[Symbol.asyncIterator]().next() as IteratorResult<string, undefined>
      if (line === undefined) throw new CommandFailed('Standard input is empty: it should have a phone number')
      return line
    } finally {
      lines.close()
      stdin.destroy()
    }
  }
}

function sinceOf (text: string): number {
  const since = readSince(text, new Date())
  if (since === null) throw new InvalidArgumentError('It should be like 7d, 12h, 2026-11-15 or 2026-11-15T09:00:00Z, and not lie ahead.')
  return since
}
