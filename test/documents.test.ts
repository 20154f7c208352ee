/** The documents say what the code does. */
import { readFile } from 'node:fs/promises'
import type { SchemaOptions } from '@sinclair/typebox'
import t from 'tap'
import { EnvSchema } from '../schemas/env.ts'
import * as errors from '../src/errors.ts'
import { SAMPLE_PREFIX } from '../src/setting-formats.ts'
import { VERSION } from '../src/version.ts'
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

t.test('the version is the package\'s', async (t) => {
  t.equal(VERSION, JSON.parse(await readFile('package.json', 'utf8')).version)
})
