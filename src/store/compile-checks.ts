import { Ajv, type SchemaObject } from 'ajv'
import type { ErasureMark, OpenRing, STORED_SCHEMAS, StoredCaller } from '../../schemas/caller-record.ts'
import { OWN_SCHEMAS } from '../json.ts'
import { LONG_LIST, type DocumentChecks } from './formats.ts'

/** RFC 3339. The format of ajv-formats takes most of a check's time, and accepts leap seconds, which `Date` cannot. */
const INSTANT = new RegExp(
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])/.source +
  /T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/.source
)

/** Keeps the check of each schema: a process that starts many bridges, as a test does, compiles them once. */
const ajv = new Ajv({ ...OWN_SCHEMAS, formats: { 'date-time': INSTANT } })

// A change of a caller replaces what it changes, and leaves all other facts and turns as they are. To check thousands
// of them with each write takes three times as long as to write them.
ajv.removeKeyword('items').addKeyword({ keyword: 'items', type: 'array', schemaType: 'object', compile: checkOfItems })

function checkOfItems (schema: SchemaObject): (items: readonly unknown[]) => boolean {
  const isValid = ajv.compile(schema)
  const valid = new WeakSet<object>()
  return (items) => items.every((item) => {
    const isKept = items.length >= LONG_LIST && typeof item === 'object' && item !== null
    if (isKept && valid.has(item)) return true
    const isItemValid = isValid(item)
    if (isKept && isItemValid) valid.add(item)
    return isItemValid
  })
}

/** @param schemas - passed in, because `src` imports only their types */
export function compileChecks (schemas: typeof STORED_SCHEMAS): DocumentChecks {
  const documents = Object.entries(schemas.documents).map(([name, schema]) => [name, ajv.compile(schema)])
  return {
    caller: ajv.compile<StoredCaller>(schemas.caller),
    mark: ajv.compile<ErasureMark>(schemas.mark),
    ring: ajv.compile<OpenRing>(schemas.ring),
    documents: Object.fromEntries(documents) as DocumentChecks['documents']
  }
}
