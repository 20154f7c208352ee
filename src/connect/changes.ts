/** Changes of settings at ElevenLabs: what differs, the patch that changes it, and how to undo it. Pure. */
import { isDeepStrictEqual } from 'node:util'
import type { Changed } from '../../schemas/connection.ts'
import { isFields, type Fields } from '../json.ts'

/** A value that a setting should have. */
export interface Want {
  path: string[]
  value: unknown
  /** Whether the value is an entry that the list at `path` should have. */
  isItem?: boolean
  /** For the plan, such as `override of the prompt`. */
  label: string
}

/** What a change needs to be made or undone. */
export type Change = Pick<Changed, 'path' | 'is_item' | 'had' | 'before' | 'after'>

/**
 * Objects with keys of the user. They are always sent whole, as they were read a moment before: whether ElevenLabs
 * replaces or merges them is not documented.
 */
const MAPS = [
  'conversation_config.agent.dynamic_variables.dynamic_variable_placeholders',
  'platform_settings.data_collection'
]

/** Null if the setting already has the value. */
export function changeTo (config: Fields, { path, value, isItem = false }: Want): Change | null {
  const actual = valueAt(config, path)
  if (isItem) {
    const change = { path, is_item: true, had: false, before: null, after: value }
    return Array.isArray(actual) && actual.includes(value) ? null : change
  }
  if (covers(actual, value)) return null
  return { path, is_item: false, had: actual !== undefined, before: actual ?? null, after: value }
}

/** Such as `2 settings`. */
export const countOf = ({ length }: readonly Change[]) => length === 1 ? '1 setting' : `${length} settings`

/** The body of a PATCH that makes the changes: nothing but them, and the whole of each list and map they are in. */
export function patchFor (config: Fields, changes: readonly Change[]): Fields {
  return patched(
    config,
    changes,
    (list, { after }) => list.includes(after) ? list : [...list, after],
    ({ after }) => after
  )
}

/** The body of a PATCH that undoes them. */
export function undoPatchFor (config: Fields, changes: readonly Change[]): Fields {
  return patched(
    config,
    changes,
    (list, { after }) => list.filter((entry) => entry !== after),
    ({ path, had, before }) => had || !isInMap(path) ? before : undefined
  )
}

/** `undone`: somebody else did it. `changed`: there is another value now, which is not ours to undo. */
export function undoStateOf (config: Fields, change: Change): 'ours' | 'undone' | 'changed' {
  const { path, is_item: isItem, had, before, after } = change
  const actual = valueAt(config, path)
  if (isItem) return Array.isArray(actual) && actual.includes(after) ? 'ours' : 'undone'
  if (covers(actual, after)) return 'ours'
  return (had ? covers(actual, before) : actual === undefined || actual === null) ? 'undone' : 'changed'
}

/** Whether `actual` has everything of `wanted`. ElevenLabs adds defaults, and keeps lists of words in any order. */
export function covers (actual: unknown, wanted: unknown): boolean {
  if (wanted === undefined || wanted === null) return actual === undefined || actual === null
  if (Array.isArray(wanted)) {
    if (!Array.isArray(actual) || actual.length !== wanted.length) return false
    const isWords = wanted.every((entry) => typeof entry === 'string')
    return isWords
      ? isDeepStrictEqual([...actual].sort(), [...wanted].sort())
      : wanted.every((entry, n) => covers(actual[n], entry))
  }
  if (isFields(wanted)) {
    return isFields(actual) && Object.entries(wanted).every(([name, value]) => covers(actual[name], value))
  }
  return actual === wanted
}

export function valueAt (config: Fields, path: readonly string[]): unknown {
  let value: unknown = config
  for (const name of path) value = isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined
  return value
}

const isInMap = (path: readonly string[]) => MAPS.includes(path.slice(0, -1).join('.'))

function patched (
  config: Fields,
  changes: readonly Change[],
  inList: (list: unknown[], change: Change) => unknown[],
  inPlace: (change: Change) => unknown
): Fields {
  const after = structuredClone(config)
  const patch: Fields = {}
  for (const change of changes) {
    const { path, is_item: isItem } = change
    const list = valueAt(after, path)
    set(after, path, isItem ? inList(Array.isArray(list) ? list : [], change) : inPlace(change))
  }
  for (const { path } of changes) {
    const sent = isInMap(path) ? path.slice(0, -1) : path
    set(patch, sent, valueAt(after, sent))
  }
  return patch
}

/** Undefined removes. */
function set (target: Fields, path: readonly string[], value: unknown): void {
  const last = path.at(-1)
  if (last === undefined) return
  let inner = target
  for (const name of path.slice(0, -1)) {
    const next = Object.hasOwn(inner, name) ? inner[name] : undefined
    const fields = isFields(next) ? next : {}
    define(inner, name, fields)
    inner = fields
  }
  if (value === undefined) delete inner[last]
  else define(inner, last, value)
}

/** An assignment to `__proto__` would set something else. */
function define (target: Fields, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
}
