/** The command line: reads arguments and settings, runs one command, and returns the exit code. */
import { setMaxListeners } from 'node:events'
import { createInterface } from 'node:readline/promises'
import type { Readable, Writable } from 'node:stream'
import { Command, CommanderError, Option } from 'commander'
import { pause, storableTime } from '../time.ts'
import { CommandFailed, SettingsInvalid } from '../errors.ts'
import { describeFailure, EXIT } from '../process.ts'
import { VERSION } from '../version.ts'
import type { DoctorOptions } from './doctor-command.ts'
import { withProgress, type Every } from './progress.ts'
import type { InitOptions } from './init-command.ts'
import { terminalQuestions, type Questions } from './questions.ts'
import type { BareShell, Shell } from './shell.ts'
import { readSince } from './since.ts'

const HELP = `
Commands use the bridge's settings, from the environment and from .env in the working
directory. The environment wins.

Exit codes:
  0     done
  1     failed; the message says why
  2     wrong arguments
  3     done, but some records could not be read, or something was left; with --dry-run:
        there is something to do
  4     connect waits for the bridge to be restarted: run it again then
  78    settings, keys or the soul are wrong
  130   interrupted by Ctrl+C (143 by SIGTERM); run the command again to resume

Examples:
  $ memory-bridge hash -              asks for a number, so that no shell history has it
  $ memory-bridge backup "memory-$(date +%F).jsonl.gz"
  $ memory-bridge restore --check memory-2026-11-22.jsonl.gz
  $ memory-bridge backfill --since 12h
  $ memory-bridge help restore        more about one command
`

export interface CommandLine {
  /** Without the program and the script. */
  args: string[]
  env: Record<string, string | undefined>
  stdin: Readable & { isTTY?: boolean }
  stdout: Writable & { isTTY?: boolean }
  stderr: Writable & { isTTY?: boolean }
  /** Aborted by SIGINT and SIGTERM. */
  signal: AbortSignal
  serve: () => Promise<void>
  /** Resolves to the exit code. */
  demo: (options: { once?: boolean }) => Promise<number>
  /** For tests. Default: a timer */
  wait?: Shell['wait']
  /** For tests. Default: questions on a terminal, if standard input is one */
  questions?: Questions | null
  /** For tests. Default: a timer */
  every?: Every
}

/**
 * Runs one command, and resolves to its exit code, which means nothing after `signal` was aborted. Rejects only with a
 * bug, whose stack is needed.
 */
export async function main (commandLine: CommandLine): Promise<number> {
  const { args, env, stdin, stdout, stderr, signal } = commandLine
  const say = (line: string) => { stderr.write(`${line}\n`) }
  let exitCode: number = EXIT.done
  // Requests that are made at the same time listen to it, a dozen for each agent.
  setMaxListeners(0, signal)
  try {
    await program().parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    // Commander has already printed the message. --help and --version also throw, with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
    if (signal.aborted) {
      say('Interrupted.')
      return EXIT.failed
    }
    const failure = describeFailure(error)
    if (failure === null) throw error
    say(failure.message)
    return failure.code
  }

  function program (): Command {
    const memoryBridge = new Command('memory-bridge')
      .description('Runs and maintains the memory of a phone agent.')
      .version(VERSION, '-V, --version', 'print the version')
      .helpOption('-h, --help', 'print this help')
      .helpCommand('help [command]', 'print the help of a command')
      .addHelpText('after', HELP)
      .showHelpAfterError('(--help shows the usage)')
      .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) })
      .exitOverride()

    memoryBridge.command('serve')
      .description('run the bridge until SIGTERM or Ctrl+C')
      .action(commandLine.serve)

    memoryBridge.command('demo')
      .description('play two calls on a bridge with temporary data: needs no account and no phone')
      .option('--once', 'end after the story, in place of staying up for a look around')
      .action(async (options: { once?: boolean }) => { exitCode = await commandLine.demo(options) })

    memoryBridge.command('doctor')
      .description('look at everything that a call needs, here and at ElevenLabs; changes nothing')
      .addOption(settingsFile())
      .option('--json', 'print the findings as JSON')
      .addHelpText('after', `
One line for each thing that it looked at, and what to do about it. With
LEARN_FROM_TRANSCRIPT the model is asked for one word. Run it on the machine of the
bridge, with the bridge's settings.

Exit codes: 0 all fine, 1 something to look at, 2 something broken.
`)
      .action(async (options: DoctorOptions) => {
        const { doctorCommand, reportInvalidSettings } = await import('./doctor-command.ts')
        try {
          await runs(async () => doctorCommand)(options)
        } catch (error) {
          if (!(error instanceof SettingsInvalid)) throw error
          exitCode = reportInvalidSettings(error.message, options, bare().print)
        }
      })

    memoryBridge.command('simulate')
      .description('play a call against the running bridge, as ElevenLabs would')
      .option('--from <number>', 'the caller; without it, a number that is reserved for fiction')
      .option('--withheld', 'the caller withholds their number')
      .option('--to <number>', 'your number that is called')
      .option('--agent <id>', 'the agent; without it, the first of ELEVENLABS_AGENT_ID')
      .option('--transcript <file>', 'what is said, and which tools are called, as YAML or JSON')
      .option('--public', 'call through PUBLIC_BASE_URL, as ElevenLabs does')
      .option('--keep', 'do not erase the caller afterwards')
      .addHelpText('after', `
Shows the variables, the greeting and the prompt, what the bridge learns, and how long
each response takes. Callers who were known before are never erased, except for the
number that is reserved for fiction. Needs ADMIN_API_KEY.

A transcript is a list of turns, or has them under "turns", with a "summary" and
"collected" values of ElevenLabs' data collection beside them:
  - agent: Hello, how can I help you?
  - caller: Please leave my parcels with the neighbour.
  - tool: remember
    body: { fact: Wants parcels left with the neighbour }
`)
      .action(runs(async () => (await import('./simulate-command.ts')).simulateCommand))

    memoryBridge.command('init')
      .description('ask for what is needed, make every secret, and write the settings file')
      .addOption(settingsFile())
      .option('--agent <id>', 'the agent that answers the phone; separate several with commas')
      .option('--public-url <url>', 'the address at which ElevenLabs reaches the bridge')
      .option('--learn', 'let a language model read what was said, and learn from it')
      .option('--openclaw-url <url>', 'the address of that model\'s API')
      .option('--encrypt', 'seal what is stored about callers')
      .addHelpText('after', `
The API key of ElevenLabs is read from ELEVENLABS_API_KEY, or asked for: it is never an
argument, because everybody who lists processes sees arguments. An existing file is kept;
only what is missing is added. Without a terminal, the command says what is missing.
`)
      .action(async (options: InitOptions) => {
        exitCode = await (await import('./init-command.ts')).initCommand(bare(), options)
      })

    memoryBridge.command('connect')
      .description('set ElevenLabs up for this bridge; shows the changes first')
      .addOption(settingsFile())
      .option('--dry-run', 'only show what would change: exit code 3 if there is something, 0 if not')
      .option('--yes', 'do not ask')
      .option('--workspace', 'set the webhooks for the whole workspace, not only for our agents')
      .option('--no-data-collection', 'do not let ElevenLabs pick out name and language of the caller')
      .option('--custom-llm <url>', 'use OpenClaw at this address, which ElevenLabs reaches, as the agents\' model')
      .option('--custom-llm-model <model>', 'which of its models', 'openclaw/phone')
      .option('--phone-number <number>', 'assign this number to the agent; import it if it is not there yet')
      .option('--sms', 'with --phone-number: ElevenLabs also takes its text messages')
      .option('--new-secret', 'make a new call end webhook, with a new secret, and delete the old one')
      .option('--skip-public-check', 'do not wait until the bridge answers at PUBLIC_BASE_URL')
      .addHelpText('after', `
Can be run again at any time: it changes only what differs. The secret of the call end
webhook goes into the settings file. The switch that makes ElevenLabs call the bridge
comes last, after the bridge was restarted and has answered at its public address. Without
a terminal, the command ends before that with exit code 4, and goes on when it is run again.
To import a number, set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN in the environment.
If a bridge runs on this DATA_DIR, the command goes through it, which needs ADMIN_API_KEY.
`)
      .action(runs(async () => (await import('./connect-command.ts')).connectCommand))

    memoryBridge.command('disconnect')
      .description('take back what connect did at ElevenLabs, and nothing else')
      .addOption(settingsFile())
      .option('--dry-run', 'only show what would be taken back')
      .option('--yes', 'do not ask')
      .addHelpText('after', `
What somebody has changed since stays as it is. If a bridge runs on this DATA_DIR, the
command goes through it, which needs ADMIN_API_KEY.
`)
      .action(runs(async () => (await import('./disconnect-command.ts')).disconnectCommand))

    memoryBridge.command('hash')
      .description('print the phone hash of a number, and whether there is a record under it')
      .argument('<number>', 'best with + and country code; - reads it from standard input, ' +
        'so that neither the shell history nor the process list shows it')
      .addHelpText('after', `
Moves a record from before PHONE_HASH_KEY was set to the keyed hash. If a bridge runs on
this DATA_DIR, the command goes through it, which needs ADMIN_API_KEY.
`)
      .action(runs(async () => (await import('./hash-command.ts')).hashCommand))

    memoryBridge.command('seal')
      .description('seal everything stored with the first key of DATA_ENCRYPTION_KEY')
      .addHelpText('after', `
To change the key, put the new one before the old one, restart the bridge, run this
command, then remove the old key. You can interrupt the command and run it again at any
time. If a bridge runs on this DATA_DIR, the command goes through it, which needs
ADMIN_API_KEY. Calls go on as usual.
`)
      .action(runs(async () => (await import('./seal-command.ts')).sealCommand))

    memoryBridge.command('sweep')
      .description('show what the last sweep of old data did, or why it is stopped')
      .option('--confirm', 'let a stopped sweep continue, once, with the numbers shown')
      .addHelpText('after', `
A sweep counts before it erases. It stops when it would erase more than 20 callers that
are also more than RETENTION_MAX_SHARE of all, or when the clock was set by more than an
hour since the bridge was started. Check the clock and RETENTION_DAYS before you confirm.
If a bridge runs on this DATA_DIR, the command goes through it, which needs ADMIN_API_KEY.
`)
      .action(runs(async () => (await import('./sweep-command.ts')).sweepCommand))

    memoryBridge.command('backfill')
      .description('fetch calls from ElevenLabs whose call end never came')
      .addOption(new Option(
        '--since <when>',
        'start of the time range: 7d, 12h, 2026-11-15 (UTC) or 2026-11-15T09:00:00Z'
      )
        .argParser((text) => readSince(text, new Date()))
        .default(readSince('7d', new Date()), '7d'))
      .addHelpText('after', `
Known calls stay as they are, so you can run this as often as you like. If you interrupt
it and run it again within a day, it resumes where it stopped. If a bridge runs on this
DATA_DIR, the command goes through it, which needs ADMIN_API_KEY. Calls go on as usual.
`)
      .action(runs(async () => (await import('./backfill-command.ts')).backfillCommand))

    memoryBridge.command('backup')
      .description('write everything to one file, also while the bridge runs')
      .argument('<file>', 'usually ends with .jsonl.gz; - is standard output')
      .option('--force', 'replace the file if it exists')
      .addHelpText('after', `
The file has one compressed line for each caller. It is sealed if DATA_ENCRYPTION_KEY is
set. It has mode 0600, and only appears once it is complete. It contains no settings: keep
PHONE_HASH_KEY and DATA_ENCRYPTION_KEY in another place. Without them it is useless.
`)
      .action(runs(async () => (await import('./backup-command.ts')).backupCommand))

    memoryBridge.command('restore')
      .description('verify a backup, then put it into the store; stop the bridge first')
      .argument('<file>', 'a file made by backup; - is standard input, which must be a file')
      .option('--check', 'only verify that the file is complete and opens')
      .option('--overwrite', 'let the backup\'s records and notes win over those in the store')
      .option('--force', 'restore a backup that was made with another PHONE_HASH_KEY')
      .addHelpText('after', `
The file is verified from end to end before anything is written. Callers who were erased
or opted out, before or since the backup, stay so. Running it twice changes nothing. It is
also the way from files to PostgreSQL and back, and from plain to sealed data.
`)
      .action(runs(async () => (await import('./restore-command.ts')).restoreCommand))

    return memoryBridge
  }

  /**
   * An action that runs a command with what commander hands to it: arguments, then options.
   *
   * @param load - its module, which the other commands need not load
   */
  function runs<A extends unknown[]> (load: () => Promise<(shell: Shell, ...args: A) => Promise<number>>) {
    return async (...args: A): Promise<void> => {
      const { readSettings, storedChecks } = await import('./parts.ts')
      const withFile = args.find((arg) => typeof arg === 'object' && arg !== null && 'settingsFile' in arg)
      const settings = withFile === undefined ? env : await settingsWith(String(withFile.settingsFile))
      const shell = { ...bare(), env: settings, config: await readSettings(settings), checks: storedChecks() }
      exitCode = await (await load())(shell, ...args)
    }
  }

  function bare (): BareShell {
    return {
      env,
      now: () => storableTime(new Date()),
      output: stdout,
      print: (line) => { stdout.write(`${line}\n`) },
      say,
      wait: commandLine.wait ?? pause,
      withProgress: (label, work) => withProgress({ label, out: stderr, every: commandLine.every }, work),
      questions: commandLine.questions === undefined && stdin.isTTY === true && stderr.isTTY === true
        ? terminalQuestions(stdin, stderr, signal)
        : commandLine.questions ?? null,
      readLine,
      signal
    }
  }

  /** The environment wins. */
  async function settingsWith (path: string): Promise<Record<string, string | undefined>> {
    const { settingsIn } = await import('./settings-file.ts')
    return { ...await settingsIn(path), ...env }
  }

  async function readLine (): Promise<string> {
    if (stdin.isTTY === true) stderr.write('Number: ')
    try {
      // eslint-disable-next-line no-unreachable-loop
      for await (const line of createInterface({ input: stdin, signal })) return line
      throw new CommandFailed('Standard input is empty: send a phone number')
    } finally {
      stdin.destroy()
    }
  }
}

/** Not `--env-file`: Node takes that for its own wherever it stands, and ends when the file is missing. */
const settingsFile = () => new Option('--settings-file <path>', 'the file with the settings').default('./.env')
