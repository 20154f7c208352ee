/** Checking requests against their schemas, and saying what is wrong in words that help. */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import { RequestInvalid } from './errors.ts'
import { OWN_SCHEMAS } from './own-schemas.ts'

const OPTIONS = {
  ...OWN_SCHEMAS, useDefaults: true, removeAdditional: false, allErrors: false, verbose: true, allowUnionTypes: true
} as const

// Both keep the check of each schema that they compiled.
const strict = addFormats.default(new Ajv({ ...OPTIONS, coerceTypes: false }))
const converting = addFormats.default(new Ajv({ ...OPTIONS, coerceTypes: true }))

/** The check for a schema. Bodies are taken as they are; a query string is all text, so its numbers are converted. */
export function requestCheck (schema: object, isQuery: boolean): ValidateFunction {
  return (isQuery ? converting : strict).compile(schema)
}

/** The first fault, as an error that names the field and says what it should be: the schema's own description. */
export function describeFault (faults: Array<Partial<ErrorObject>>, part: string): Error {
  const fault = faults[0]
  const named = fault?.keyword === 'additionalProperties' ? ` (${String(fault.params?.['additionalProperty'])})` : ''
  const description = faults
    .map(({ parentSchema }) => parentSchema?.['description'] as string | undefined)
    .find((text) => text !== undefined)
  const remedy = description === undefined ? '' : `: ${description}`
  return new RequestInvalid(`${part}${fault?.instancePath ?? ''} ${fault?.message ?? 'is not right'}${named}${remedy}`)
}
