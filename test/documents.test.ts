/** The documents say what the code does. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { SchemaOptions } from '@sinclair/typebox'
import t from 'tap'
import { EnvSchema } from '../schemas/env.ts'
import { MAX_CALLS, MAX_FOLDED_CALLS } from '../src/caller/calls.ts'
import { MAX_ENDED_FACTS, MAX_FACTS } from '../src/caller/facts.ts'
import { KEPT_TURNS_MS, MAX_JOBS, MAX_JOBS_WITH_TURNS, RETRY_MS } from '../src/caller/learning-jobs.ts'
import { MAX_CALLER_NOTES, MAX_GLOBAL_NOTES } from '../src/caller/notes.ts'
import { MAX_OPEN_ITEMS } from '../src/caller/open-items.ts'
import { MAX_FORGET_WISHES, MAX_TOOL_CALLS } from '../src/caller/tool-calls.ts'
import * as errors from '../src/errors.ts'
import { MAX_EVIDENCE_CHARS, MAX_ITEM_OPERATIONS, MAX_LEARNT_CHARS, MAX_OPERATIONS } from '../src/learning/apply-answer.ts'
import { FIRST_PAUSE_MS, MAX_FAILURES, MAX_PAUSE_MS } from '../src/learning/circuit-breaker.ts'
import { FETCHES } from '../src/learning/endpoints.ts'
import { CONCURRENCY } from '../src/learning/learner.ts'
import { MAX_LEARNT_FACTS } from '../src/learning/learnt-facts.ts'
import { MAX_PROMPT_FACTS as MAX_TOLD_FACTS, MAX_PART_CHARS } from '../src/learning/model-prompt.ts'
import { MAX_SPOKEN_CHARS } from '../src/webhook/post-call-event.ts'
import { MAX_RESPONSE_BYTES } from '../src/prompt/call-start-response.ts'
import { MAX_TOLD_GLOBAL_NOTES, MAX_TOLD_IDS } from '../src/prompt/memory-block.ts'
import { MAX_SOUL_BYTES } from '../src/prompt/soul.ts'
import { SAMPLE_PREFIX } from '../src/settings.ts'
import { TOOLS, toolRequest } from '../src/tools/definitions.ts'
import { MAX_RECALL_BYTES } from '../src/tools/recall.ts'
import { VERSION } from '../src/version.ts'
import { MAX_TURN_CHARS } from '../src/webhook/post-call-event.ts'
import { build } from './helper.ts'

const properties = Object.entries(EnvSchema.properties) as Array<[string, SchemaOptions]>
const isRequired = (schema: SchemaOptions) => schema['default'] === undefined && schema['minLength'] === 1

const FOLDERS = ['src', 'plugins', 'routes', 'schemas', 'test', 'bench']

const documents = new Map<string, string>()
for (const file of [
  'README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'DECISIONS.md', 'bench/README.md', 'bench/chaos/README.md', 'bench/recall/README.md',
  ...(await readdir('docs')).map((name) => `docs/${name}`)
]) {
  documents.set(file, await readFile(file, 'utf8'))
}
const textOf = (file: string) => documents.get(file) ?? ''
const sample = await readFile('.env.example', 'utf8')

/** Rows of a Markdown table as lists of cells, header left out. */
function rowsAfter (text: string, start: string): string[][] {
  const table = text.slice(text.indexOf(start)).split('\n').filter((line) => line !== start)
  const lines = table.slice(table.findIndex((line) => line.startsWith('|')))
  const end = lines.findIndex((line) => !line.startsWith('|'))
  return lines.slice(2, end).map((line) =>
    line.slice(1, -1).split('|').map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1')))
}

/** Markdown without code blocks, in which `#` and `[…](…)` mean something else. */
const withoutCode = (text: string) => text.replace(/^( *)```[^]*?^\1```$/gm, '')

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf (text: string): Set<string> {
  const counts = new Map<string, number>()
  return new Set([...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => {
    const anchor = heading.toLowerCase().replace(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-')
    const count = counts.get(anchor) ?? 0
    counts.set(anchor, count + 1)
    return count === 0 ? anchor : `${anchor}-${count}`
  }))
}

t.test('the settings table in docs/settings.md is the schema', async (t) => {
  const expected = properties.map(([name, schema]) => [
    name,
    isRequired(schema) ? 'required' : String(schema['default'] ?? '') || 'unset',
    String(schema.description)
  ])

  t.strictSame(rowsAfter(textOf('docs/settings.md'), '<!-- settings -->'), expected)
})

t.test('.env.example has every setting, once', async (t) => {
  const names = [...sample.matchAll(/^(?:# )?([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name)

  t.strictSame([...names].sort(), Object.keys(EnvSchema.properties).sort())
})

t.test('.env.example shows the defaults, and sample values that are refused for secrets', async (t) => {
  for (const [, commented, name = '', value = ''] of sample.matchAll(/^(# )?([A-Z][A-Z0-9_]*)=(.*)$/gm)) {
    const schema = Object.fromEntries(properties)[name]!
    if (schema['format'] === 'secret' || schema['format'] === 'secrets') t.ok(value.startsWith(SAMPLE_PREFIX), name)
    else if ((schema['default'] ?? '') !== '') t.equal(value, String(schema['default']), name)
    const isNeeded = isRequired(schema) || ['ADMIN_API_KEY', 'WEBHOOK_SECRET', 'PHONE_HASH_KEY'].includes(name)
    t.equal(commented === undefined, isNeeded, `${name} is commented out unless a good set-up needs it`)
  }
})

t.test('the error table in docs/errors.md is the catalogue', async (t) => {
  type Constructor = new (...args: unknown[]) => { code: string, statusCode: number }
  const expected = Object.values(errors).map((Catalogued) => {
    const { code, statusCode } = new (Catalogued as Constructor)('', '')
    return [code, String(statusCode)]
  })
  const documented = rowsAfter(textOf('docs/errors.md'), '<!-- errors -->').map(([code, status]) => [code, status])
  const inPlaceOfStatus = new Map([
    ['BRIDGE_SETTINGS_INVALID', 'start'],
    ['BRIDGE_SOUL_INVALID', 'start'],
    ['BRIDGE_DATA_DIR_LOCKED', 'start'],
    ['BRIDGE_ENCRYPTION_KEY_WRONG', 'start'],
    ['BRIDGE_COMMAND_FAILED', 'command'],
    ['BRIDGE_BACKUP_UNUSABLE', 'command']
  ])

  t.strictSame(
    documented.sort(),
    expected.map(([code = '', status]) => [code, inPlaceOfStatus.get(code) ?? status]).sort()
  )
})

t.test('the API table in docs/api.md has every operation', async (t) => {
  const app = await build(t)
  await app.ready()
  const operations = Object.entries(app.swagger().paths ?? {}).flatMap(([path, item]) =>
    Object.keys(item as object).map((method) => `${method.toUpperCase()} ${path}`))
  const documented = [...textOf('docs/api.md').matchAll(/^\| `((?:GET|POST|PUT|PATCH|DELETE) [^`]+)` \|/gm)]
    .map(([, route]) => route)

  t.strictSame(documented.sort(), operations.sort())
})

t.test('the variables table in docs/memory.md is what a stranger gets', async (t) => {
  const app = await build(t)
  const { dynamic_variables: variables } = app.promptBuilder.neutral('one per conversation', 'a token that names nobody')
  const documented = rowsAfter(textOf('docs/memory.md'), '| variable |')
    .map(([name = '', , neutral = '']) => [name, neutral])

  t.strictSame(Object.fromEntries(documented), variables)
})

t.test('the definitions in docs/tools.md are those that connect sends', async (t) => {
  const [, pasted = ''] = textOf('docs/tools.md').split('<!-- definitions -->')
  const definitions = [...pasted.matchAll(/^```json\n([^]*?)^```$/gm)].map(([, json = '']) => JSON.parse(json))

  t.strictSame(definitions, TOOLS.map((tool) => toolRequest(tool, 'https://bridge.example.com')))
})

t.test('docs/tools.md has every outcome of a tool', async (t) => {
  const source = await readFile('src/tools/tool-change.ts', 'utf8')
  const type = source.slice(source.indexOf('export type ToolOutcome'), source.indexOf('export interface ToolResult'))
  const outcomes = [...type.matchAll(/'([\w-]+)'/g)].map(([, outcome]) => outcome)
  const documented = rowsAfter(textOf('docs/tools.md'), '| outcome |').flatMap(([cell = '']) => cell.replaceAll('`', '').split(', '))

  t.strictSame(documented.sort(), outcomes.sort())
})

t.test('the limits table in docs/memory.md is what the code has', async (t) => {
  const number = (value: number) => value.toLocaleString('en')
  const pause = (ms: number) =>
    ms < 60_000 ? `${ms / 1000} s` : ms < 3_600_000 ? `${ms / 60_000} min` : `${ms / 3_600_000} h`

  t.strictSame(rowsAfter(textOf('docs/memory.md'), '<!-- limits -->'), [
    ['facts per caller; ended ones do not count', number(MAX_FACTS)],
    ['ended facts per caller; above this the oldest go, except those that a call kept in full was told', number(MAX_ENDED_FACTS)],
    ['learnt facts per caller; ended ones do not count; above this, rejected ones are removed first, then pending ' +
      'and current ones, the oldest first; never yours or pinned ones', number(MAX_LEARNT_FACTS)],
    ['notes per caller', number(MAX_CALLER_NOTES)],
    ['notes for everybody', number(MAX_GLOBAL_NOTES)],
    ['notes for everybody that a call is told, the newest', number(MAX_TOLD_GLOBAL_NOTES)],
    ['calls per caller that are kept in full, the newest', number(MAX_CALLS)],
    ['older calls per caller of which the ids are kept', number(MAX_FOLDED_CALLS)],
    ['changes to facts per call', number(MAX_OPERATIONS)],
    ['changes to open items per call', number(MAX_ITEM_OPERATIONS)],
    ['characters of a learnt sentence; longer ones are dropped', number(MAX_LEARNT_CHARS)],
    ['characters of the words quoted for it', number(MAX_EVIDENCE_CHARS)],
    ['open items per caller; above this, closed ones are removed first', number(MAX_OPEN_ITEMS)],
    ['jobs per caller; above this, failed ones are removed first', number(MAX_JOBS)],
    ['pauses between the tries of a job', RETRY_MS.map(pause).join(', ')],
    ['callers that are learnt about at the same time', number(CONCURRENCY)],
    ['of these, callers whose transcript has to be fetched from ElevenLabs again', number(FETCHES)],
    ['requests in a row that do not reach an endpoint before requests pause', number(MAX_FAILURES)],
    ['length of this pause, at first and at most', `${pause(FIRST_PAUSE_MS)}, ${pause(MAX_PAUSE_MS)}`],
    ['days that a job keeps what was said', number(KEPT_TURNS_MS / 86_400_000)],
    ['jobs per caller that keep what was said, the newest; for others it is fetched again',
      number(MAX_JOBS_WITH_TURNS)],
    ['characters of a call that are learnt from or stored; of a longer one the end counts', number(MAX_SPOKEN_CHARS)],
    ['characters of one turn', number(MAX_TURN_CHARS)],
    ['characters of turns in one request to the model; a longer call takes several', number(MAX_PART_CHARS)],
    ['facts that the model gets, the newest', number(MAX_TOLD_FACTS)],
    ['ids of told facts, notes and open items that are kept with a call', number(MAX_TOLD_IDS)],
    ['uses of tools that are kept with a call, the newest', number(MAX_TOOL_CALLS)],
    ['wishes to be forgotten that are kept, the newest', number(MAX_FORGET_WISHES)],
    ['bytes of what `recall` answers', number(MAX_RECALL_BYTES)],
    ['bytes of a soul file', number(MAX_SOUL_BYTES)],
    ['bytes of a call start response', number(MAX_RESPONSE_BYTES)]
  ])
})

t.test('the README is short', async (t) => {
  t.ok(textOf('README.md').split('\n').length - 1 <= 200, 'at most 200 lines')
})

t.test('every link in a document leads to a file, and to a heading in it', async (t) => {
  for (const [file, text] of documents) {
    for (const [, target = ''] of withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      const [path = '', anchor] = target.split('#')
      const linked = path === '' ? file : join(dirname(file), path)
      assert.ok(existsSync(linked), `${file}: ${target} is there`)
      if (anchor !== undefined) assert.ok(anchorsOf(textOf(linked)).has(anchor), `${file}: ${target} has this heading`)
    }
    for (const [link, step, heading] of text.matchAll(/\[step\s+(\d+)\]\([^)#]*#(\d+)-/g)) t.equal(step, heading, `${file}: ${link}`)
  }
})

/** Not behind the name of another repository, as in `elevenlabs-js src/…`. */
const OUR_PATH = /(?<![\w/.@-]|elevenlabs-js )(?:src|plugins|routes|schemas|test|bench|deploy)\/[\w./-]*\w/g

const SOURCE_NAME = /(?<![\w/.*…-])[\w-]+(?:\.test|\.long)?\.ts\b/g

t.test('every path of the repository that a document or a comment names exists', async (t) => {
  const inFolders = await Promise.all(FOLDERS.map(async (folder) =>
    (await readdir(folder, { recursive: true })).map((name) => `${folder}/${name}`)))
  const sources = inFolders.flat().filter((name) => name.endsWith('.ts'))
  const names = new Set(sources.map((name) => basename(name)))
  const comments = await Promise.all(sources.map(async (name) =>
    [name, commentsOf(await readFile(name, 'utf8'))] as const))

  for (const [file, text] of [...documents, ...comments]) {
    for (const [path] of text.matchAll(OUR_PATH)) {
      t.ok(existsSync(path) || existsSync(`${path}.ts`), `${file} names ${path}`)
    }
    for (const [name] of text.matchAll(SOURCE_NAME)) t.ok(names.has(name), `${file} names ${name}`)
  }
})

/** The lines of a source file that have comments. */
function commentsOf (source: string): string {
  return source.split('\n').filter((line) => /^\s*(?:\/?\*|\/\/)|\s\/\/ /.test(line)).join('\n')
}

t.test('the commands table in docs/operations.md has every command', async (t) => {
  const main = await readFile('src/cli/main.ts', 'utf8')
  const commands = [...main.matchAll(/\.command\('(\w+)'\)/g)].map(([, name]) => name)
  const documented = [...textOf('docs/operations.md').matchAll(/^\| `memory-bridge (\w+)[^`]*` \|/gm)]
    .map(([, name]) => name)

  t.strictSame(documented.sort(), commands.sort())
})

t.test('the version is the package\'s', async (t) => {
  t.equal(VERSION, JSON.parse(await readFile('package.json', 'utf8')).version)
})
