/**
 * Which test files share a process. To start one costs two seconds of processor time under tap, more than most files
 * take, so `npm test` starts one for each suite. `npx tap dist/test/….test.js` still runs a single file.
 */
import { readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Files and folders by suite. The longest path that fits decides; what no other suite names belongs to `http`. tap
 * starts suites by name, so the last names are those of short ones.
 */
const SUITES: Record<string, string[]> = {
  api: ['routes/'],
  commands: ['deploy/', 'src/cli/', 'src/backup/', 'two-bridges'],
  connect: ['src/cli/connect', 'src/cli/doctor', 'src/cli/init', 'src/cli/life', 'src/cli/simulate', 'src/connect/', 'src/doctor/', 'src/elevenlabs/', 'src/simulate/'],
  core: ['bench/', 'src/caller/', 'src/phone/', 'src/prompt/', 'src/redaction/', 'src/language/', 'src/learning/', 'src/calls/', 'src/backfill/', 'src/webhook/', 'src/recall/', 'src/tools/'],
  database: ['meanings', 'older-data', 'tools-any-order', 'src/store/postgres/', 'src/learning/learner', 'src/backfill/backfill', 'plugins/store-postgres', 'src/cli/drivers'],
  files: ['src/store/'],
  http: [''],
  lazily: ['src/lazily-loaded'],
  memory: ['plugins/webhook-guard-bodies'],
  process: ['src/server'],
  threads: ['src/store/file/disk']
}

const TESTS = new URL('./', import.meta.url)
const SUITE_FILES = new URL('suites/', TESTS)

function suiteOf (file: string): string {
  const fitting = Object.entries(SUITES)
    .flatMap(([suite, paths]) => paths.filter((path) => file.startsWith(path)).map((path) => ({ suite, path })))
  return fitting.reduce((longest, next) => next.path.length > longest.path.length ? next : longest).suite
}

/** Runs the files of the suite that a file in `suites/` stands for. */
export async function runSuite (url: string): Promise<void> {
  const names = readdirSync(SUITE_FILES).filter((name) => /\.suite\.[jt]s$/.test(name)).map((name) => name.split('.')[0])
  if (names.sort().join() !== Object.keys(SUITES).sort().join()) {
    throw new Error(`test/suites/ has ${names.join(', ')}: make it a file for each of ${Object.keys(SUITES).join(', ')}`)
  }
  const suite = basename(fileURLToPath(url)).split('.')[0]
  const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' }).filter((file) => /\.test\.[jt]s$/.test(file))
  for (const file of files.sort()) {
    if (suiteOf(file) === suite) await import(new URL(file, TESTS).href)
  }
}
