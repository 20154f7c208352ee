/** The documents say what the code does. */
import { readFile } from 'node:fs/promises'
import type { SchemaOptions } from '@sinclair/typebox'
import t from 'tap'
import { EnvSchema } from '../schemas/env.ts'
import { MAX_FACTS } from '../src/caller/facts.ts'
import { KEPT_TURNS_MS, MAX_JOBS, RETRY_MS } from '../src/caller/learning-jobs.ts'
import { MAX_OPEN_ITEMS } from '../src/caller/open-items.ts'
import { FIRST_PAUSE_MS, MAX_FAILURES, MAX_PAUSE_MS } from '../src/circuit-breaker.ts'
import * as errors from '../src/errors.ts'
import { MAX_EVIDENCE_CHARS, MAX_ITEM_OPERATIONS, MAX_LEARNT_CHARS, MAX_OPERATIONS } from '../src/learning/learn.ts'
import { CONCURRENCY, FETCHES } from '../src/learning/learner.ts'
import { MAX_LEARNT_FACTS } from '../src/learning/learnt-facts.ts'
import { MAX_PROMPT_FACTS as MAX_TOLD_FACTS, MAX_PART_CHARS } from '../src/learning/messages.ts'
import { MAX_SPOKEN_CHARS } from '../src/learning/turns.ts'
import { MAX_TOLD_IDS } from '../src/prompt/memory-block.ts'
import { SAMPLE_PREFIX } from '../src/setting-formats.ts'
import { VERSION } from '../src/version.ts'
import { MAX_TURN_CHARS } from '../src/webhook/post-call-event.ts'
import { build } from './helper.ts'

const properties = Object.entries(EnvSchema.properties) as Array<[string, SchemaOptions]>
const isRequired = (schema: SchemaOptions) => schema['default'] === undefined && schema['minLength'] === 1

const readme = await readFile('README.md', 'utf8')
const sample = await readFile('.env.example', 'utf8')

/** Rows of a Markdown table as lists of cells, header left out. */
function rowsAfter (text: string, start: string): string[][] {
  const table = text.slice(text.indexOf(start)).split('\n').filter((line) => line !== start)
  const lines = table.slice(table.findIndex((line) => line.startsWith('|')))
  const end = lines.findIndex((line) => !line.startsWith('|'))
  return lines.slice(2, end).map((line) => line.slice(1, -1).split('|').map((cell) => cell.trim().replace(/^`(.*)`$/, '$1')))
}

t.test('the settings table in the README is the schema', async (t) => {
  const expected = properties.map(([name, schema]) => [
    name,
    isRequired(schema) ? 'required' : String(schema['default'] ?? '') || 'unset',
    String(schema.description)
  ])

  t.strictSame(rowsAfter(readme, '<!-- settings -->'), expected)
})

t.test('.env.example has every setting, once', async (t) => {
  const names = [...sample.matchAll(/^(?:# )?([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name)

  t.strictSame([...names].sort(), Object.keys(EnvSchema.properties).sort())
})

t.test('.env.example shows the defaults, and sample values that are refused for secrets', async (t) => {
  for (const [, commented, name = '', value = ''] of sample.matchAll(/^(# )?([A-Z][A-Z0-9_]*)=(.*)$/gm)) {
    const schema = Object.fromEntries(properties)[name]!
    if (schema['format'] === 'secret' || schema['format'] === 'secrets') t.ok(value.startsWith(SAMPLE_PREFIX), name)
    else if (schema['default'] !== undefined && schema['default'] !== '') t.equal(value, String(schema['default']), name)
    t.equal(commented === undefined, isRequired(schema) || ['ADMIN_API_KEY', 'WEBHOOK_SECRET', 'PHONE_HASH_KEY'].includes(name), `${name} is commented out unless a good set-up needs it`)
  }
})

t.test('the error table in the README is the catalogue', async (t) => {
  const expected = Object.values(errors).map((Constructor) => {
    const { code, statusCode } = new (Constructor as new (...args: unknown[]) => { code: string, statusCode: number })('', '')
    return [code, String(statusCode)]
  })
  const documented = rowsAfter(readme, '<!-- errors -->').map(([code, status]) => [code, status])
  const atStart = new Set(['BRIDGE_SETTINGS_INVALID', 'BRIDGE_SOUL_INVALID', 'BRIDGE_DATA_DIR_LOCKED', 'BRIDGE_ENCRYPTION_KEY_WRONG'])
  const ofCommands = new Set(['BRIDGE_COMMAND_FAILED', 'BRIDGE_BACKUP_UNUSABLE'])

  t.strictSame(
    documented.sort(),
    expected.map(([code = '', status]) => [code, atStart.has(code) ? 'start' : ofCommands.has(code) ? 'command' : status]).sort()
  )
})

t.test('the API table in the README has every operation', async (t) => {
  const app = await build(t)
  await app.ready()
  const operations = Object.entries(app.swagger().paths ?? {}).flatMap(([path, item]) =>
    Object.keys(item as object).map((method) => `${method.toUpperCase()} ${path}`))
  const documented = [...readme.matchAll(/^\| `((?:GET|POST|PATCH|DELETE) [^`]+)` \|/gm)].map(([, route]) => route)

  t.strictSame(documented.sort(), operations.sort())
})

t.test('the variables table in the README is what a stranger gets', async (t) => {
  const app = await build(t)
  const { dynamic_variables: variables } = app.promptBuilder.neutral('one per conversation') as { dynamic_variables: Record<string, string> }
  const documented = rowsAfter(readme, '| variable |').map(([name = '', , neutral = '']) => [name, neutral])

  t.strictSame(Object.fromEntries(documented), variables)
})

t.test('the limits table in the README is what the code has', async (t) => {
  const number = (value: number) => value.toLocaleString('en')
  const minutes = RETRY_MS.map((ms) => ms < 60_000 ? `${ms / 1000} s` : ms < 3_600_000 ? `${ms / 60_000} min` : `${ms / 3_600_000} h`)

  t.strictSame(rowsAfter(readme, '<!-- limits -->'), [
    ['facts of a caller, history included', number(MAX_FACTS)],
    ['of them learnt: beyond it those that have ended, were rejected, wait, and hold go, the oldest first; never yours or pinned ones', number(MAX_LEARNT_FACTS)],
    ['operations on facts that one call may bring', number(MAX_OPERATIONS)],
    ['operations on open items that one call may bring', number(MAX_ITEM_OPERATIONS)],
    ['characters of a learnt sentence; longer ones are dropped', number(MAX_LEARNT_CHARS)],
    ['characters of the words quoted for it', number(MAX_EVIDENCE_CHARS)],
    ['open items of a caller; beyond it closed ones go first', number(MAX_OPEN_ITEMS)],
    ['calls of a caller that wait to be learnt from; beyond it failed ones go first', number(MAX_JOBS)],
    ['pauses between the tries of a job', minutes.join(', ')],
    ['callers who are learnt about at a time', number(CONCURRENCY)],
    ['of them those whose transcript is fetched again', number(FETCHES)],
    ['requests in a row that do not reach an endpoint before it is left alone', number(MAX_FAILURES)],
    ['how long it is left alone, at first and at most', `${FIRST_PAUSE_MS / 1000} s, ${MAX_PAUSE_MS / 60_000} min`],
    ['days that a job keeps what was said', number(KEPT_TURNS_MS / 86_400_000)],
    ['characters of a call that are learnt from, or stored; of a longer one the end counts', number(MAX_SPOKEN_CHARS)],
    ['characters of one turn', number(MAX_TURN_CHARS)],
    ['characters of turns in one request to the model; a longer call makes several', number(MAX_PART_CHARS)],
    ['facts that the model is told, the newest', number(MAX_TOLD_FACTS)],
    ['ids of what was told that are kept with a call', number(MAX_TOLD_IDS)]
  ])
})

t.test('the version is the package\'s', async (t) => {
  t.equal(VERSION, JSON.parse(await readFile('package.json', 'utf8')).version)
})
