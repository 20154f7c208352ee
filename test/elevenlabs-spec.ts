/**
 * ElevenLabs' own OpenAPI document, as its command line prints it without a network. The bodies that we send are held
 * against it, and the fake ElevenLabs drops and fills in what it says.
 */
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { isFields, OWN_SCHEMAS } from '../src/json.ts'
import type { Json } from './fixtures/webhooks.ts'

interface Spec {
  paths: Record<string, Record<string, Json>>
  components: { schemas: Record<string, Json> }
}

let spec: Spec | null = null

/** Reads the document once in a process; that takes half a second. */
function loadSpec (): Spec {
  if (spec !== null) return spec
  const command = createRequire(import.meta.url).resolve('@elevenlabs/cli/bin/cli.js')
  const text = execFileSync(process.execPath, [command, '--spec-raw'], { maxBuffer: 64 * 1024 * 1024, encoding: 'utf8', env: {} })
  spec = JSON.parse(text) as Spec
  const { schemas } = spec.components
  // Some references name a variant that the document does not have, such as DynamicVariablesConfig-Input.
  for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) schemas[name] ??= schemas[name.replace(/-(Input|Output)$/, '')]
  return spec
}

/** The operation at a path such as /v1/convai/agents/agent_0001, and its path in the document. */
function operationOf (method: string, pathname: string): Operation | null {
  const key = `${method} ${pathname}`
  if (!operations.has(key)) operations.set(key, findOperation(method, pathname))
  return operations.get(key) ?? null
}

const operations = new Map<string, Operation | null>()

interface Operation {
  path: string
  operation: Json
}

function findOperation (method: string, pathname: string): Operation | null {
  const { paths } = loadSpec()
  const parts = pathname.split('/')
  const fits = (path: string) => {
    const names = path.split('/')
    return names.length === parts.length && names.every((name, n) => name.startsWith('{') || name === parts[n])
  }
  const found = Object.keys(paths).filter(fits).sort((a, b) => a.split('{').length - b.split('{').length)
  const path = found.find((each) => paths[each]![method.toLowerCase()] !== undefined)
  return path === undefined ? null : { path, operation: paths[path]![method.toLowerCase()]! }
}

const bodyOf = (operation: Json): Json | null => operation.requestBody?.content?.['application/json']?.schema ?? null

const checks = new Map<string, ValidateFunction>()
let ajv: Ajv2020 | null = null

/** What is wrong with a request, by ElevenLabs' document: unknown properties, parameters and paths too. */
export function requestFaults (method: string, url: string, body?: unknown): string[] {
  const { pathname, searchParams } = new URL(url, 'http://elevenlabs')
  const found = operationOf(method, pathname)
  if (found === null) return [`${method} ${pathname} does not exist`]
  const { path, operation } = found
  const parameters: Json[] = (operation.parameters ?? []).filter((each: Json) => each.in === 'query')
  const unknown = [...searchParams.keys()]
    .filter((key) => !parameters.some(({ name }) => name === key))
    .map((key) => `${method} ${path}: unknown parameter ${key}`)
  const schema = bodyOf(operation)
  const isNeeded = operation.requestBody?.required === true
  if (body === undefined) return isNeeded ? [...unknown, `${method} ${path}: no body`] : unknown
  if (schema === null) return [...unknown, `${method} ${path} takes no body`]
  return [...unknown, ...bodyFaults(`${method} ${path}`, schema, body)]
}

function bodyFaults (name: string, schema: Json, body: unknown): string[] {
  if (ajv === null) {
    ajv = new Ajv2020({ ...OWN_SCHEMAS, strict: false, validateFormats: false, inlineRefs: false, logger: false })
    ajv.addSchema({ $id: 'spec', components: { schemas: closed(loadSpec().components.schemas) } })
  }
  const part = partFor(schema, body)
  const key = JSON.stringify(part)
  const check = checks.get(key) ?? ajv.compile(part)
  checks.set(key, check)
  if (check(body)) return []
  return (check.errors ?? []).map(({ instancePath, message, params }) => `${name}: ${instancePath} ${message} ${JSON.stringify(params)}`)
}

/** The schema without what only absent properties need: to compile an agent's whole takes a second. */
function partFor (schema: Json, value: unknown): Json {
  const whole = resolved(schema)
  const { properties, anyOf, ...rest } = whole
  if (anyOf !== undefined) return { ...closed(rest, 'spec'), anyOf: anyOf.map((each: Json) => partFor(each, value)) }
  if (properties === undefined || !isFields(value)) return closed(whole, 'spec')
  const parts = Object.entries(properties as Record<string, Json>)
    .map(([name, property]) => [name, Object.hasOwn(value, name) ? partFor(property, value[name]) : true])
  return { ...closed(rest, 'spec'), properties: Object.fromEntries(parts), additionalProperties: rest.additionalProperties ?? false }
}

/** Objects take no unknown properties, and references lead to the one document. */
function closed (schema: Json, base = ''): Json {
  if (Array.isArray(schema)) return schema.map((each) => closed(each, base))
  if (typeof schema !== 'object' || schema === null) return schema
  const copy: Json = Object.fromEntries(Object.entries(schema)
    // OpenAPI's, which Ajv would read as its own; `example` may contain anything.
    .filter(([key]) => key !== 'discriminator' && key !== 'example' && key !== 'examples')
    .map(([key, value]) => [key, key === '$ref' ? base + value : closed(value as Json, base)]))
  if (copy.type === 'object' && typeof copy.properties === 'object') copy.additionalProperties ??= false
  return copy
}

/** The body of a 200, shaped as {@link shaped} by the schema of the operation. */
export function response (method: string, pathname: string, value: unknown): unknown {
  const content = operationOf(method, pathname)?.operation.responses['200']?.content?.['application/json']?.schema
  return content === undefined ? value : shaped(content, value, true)
}

/** A request's body without what ElevenLabs does not know. */
export function known (method: string, pathname: string, body: unknown): unknown {
  const schema = bodyOf(operationOf(method, pathname)?.operation ?? {})
  return schema === null ? body : shaped(schema, body, false)
}

/** Whether the object at a path of a request's body is a map, whose keys are not ElevenLabs'. */
export function isMap (method: string, pathname: string, keys: string[]): boolean {
  let schema: Json = bodyOf(operationOf(method, pathname)?.operation ?? {}) ?? {}
  for (const key of keys) {
    const { properties, additionalProperties } = objectOf(schema)
    schema = properties?.[key] ?? additionalProperties ?? {}
  }
  const { properties, additionalProperties } = objectOf(schema)
  return properties === undefined && additionalProperties !== undefined
}

function objectOf (schema: Json): Json {
  const whole = resolved(schema)
  const isObject = (each: Json) => each.properties !== undefined || each.additionalProperties !== undefined
  return isObject(whole) ? whole : (whole.anyOf ?? whole.oneOf ?? []).map(objectOf).find(isObject) ?? {}
}

function resolved (schema: Json): Json {
  return schema.$ref === undefined ? schema : resolved(loadSpec().components.schemas[schema.$ref.split('/').at(-1)] ?? {})
}

/** Drops unknown properties, and with `fillsIn` adds the defaults. */
function shaped (schema: Json, value: unknown, fillsIn: boolean): unknown {
  const whole = resolved(schema)
  if (value === null) return null
  const branches: Json[] | undefined = whole.anyOf ?? whole.oneOf
  if (branches !== undefined) {
    const branch = branches.map(resolved).find((each) => fits(each, value))
    return branch === undefined ? value : shaped(branch, value, fillsIn)
  }
  if (Array.isArray(value)) return value.map((each) => shaped(whole.items ?? {}, each, fillsIn))
  if (typeof value !== 'object') return value
  const fields = value as Json
  if (whole.properties === undefined) {
    const each = whole.additionalProperties
    if (each === undefined || each === true) return value
    return Object.fromEntries(Object.entries(fields).map(([name, entry]) => [name, shaped(each, entry, fillsIn)]))
  }
  return Object.fromEntries(Object.entries(whole.properties as Record<string, Json>).flatMap(([name, property]) => {
    if (fields[name] !== undefined) return [[name, shaped(property, fields[name], fillsIn)]]
    if (!fillsIn) return []
    const filled = defaultOf(property)
    return filled === undefined ? [] : [[name, filled]]
  }))
}

function defaultOf (property: Json): unknown {
  const value = resolved(property)
  const preset = property.default ?? value.default
  if (preset !== undefined) return preset
  if ((value.anyOf ?? []).some((each: Json) => each.type === 'null')) return null
  if (value.type === 'array') return []
  if (value.type !== 'object') return undefined
  if (value.properties === undefined) return {}
  const isComplete = (value.required ?? []).every((name: string) => defaultOf(value.properties[name]) !== undefined)
  return isComplete ? shaped(value, {}, true) : undefined
}

function fits (schema: Json, value: unknown): boolean {
  const branches: Json[] | undefined = schema.anyOf ?? schema.oneOf
  if (branches !== undefined) return branches.map(resolved).some((each) => fits(each, value))
  if (Array.isArray(value)) return schema.type === 'array'
  if (typeof value === 'object' && value !== null) return schema.type === 'object' && fitsObject(schema, value)
  if (schema.const !== undefined) return schema.const === value
  const type: string = typeof value
  return type === (schema.type === 'integer' ? 'number' : schema.type)
}

function fitsObject ({ required = [], properties = {} }: Json, fields: Json): boolean {
  const constants = Object.entries(properties as Record<string, Json>)
    .filter(([, property]) => property.const !== undefined)
  return required.every((name: string) => fields[name] !== undefined) &&
    constants.every(([name, property]) => fields[name] === undefined || fields[name] === property.const)
}
