/** What Ajv is told not to look at again: see OWN_SCHEMAS in src/json.ts. */
import { readdir } from 'node:fs/promises'
import { KindGuard, type TSchema } from '@sinclair/typebox'
import { Ajv } from 'ajv'
import t from 'tap'

t.test('every schema is JSON Schema', async (t) => {
  const ajv = new Ajv()
  for (const file of await readdir('schemas')) {
    const exported = Object.entries(await import(`../schemas/${file}`) as Record<string, unknown>)
    for (const [name, schema] of exported.flatMap(([name, value]) => schemasIn(name, value))) {
      t.equal(ajv.validateSchema(schema), true, `${file} ${name}`, { errors: ajv.errors })
    }
  }
})

/** A schema, or those in a map of schemas by name. */
function schemasIn (name: string, value: unknown): Array<[string, TSchema]> {
  if (KindGuard.IsSchema(value)) return [[name, value]]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, each]) => schemasIn(`${name}.${key}`, each))
}
