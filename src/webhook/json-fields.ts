/** Reads fields of JSON from outside: a field that is missing or has another type is null. */
import { cutText } from '../cut-text.ts'

export type Fields = Record<string, unknown>

export function isFields (value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object under `name`, or an empty one. */
export function fieldsOf (from: Fields, name: string): Fields {
  const value = from[name]
  return isFields(value) ? value : {}
}

/** The text under `name`, trimmed and cut to `maxChars`; null if it is missing or empty. */
export function textOf (from: Fields, name: string, maxChars = 200): string | null {
  const value = from[name]
  if (typeof value !== 'string') return null
  const text = value.toWellFormed().trim()
  return text === '' ? null : cutText(text, maxChars)
}

export function numberOf (from: Fields, name: string): number | null {
  const value = from[name]
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}
