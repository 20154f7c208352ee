/** Reading fields of JSON that somebody else made: what is missing or of another type is null. */
import { cutText } from '../cut-text.ts'

/** A JSON object; anything else has no fields. */
export type Fields = Record<string, unknown>

export function isFields (value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object under `name`, or an empty one. */
export function fieldsOf (from: Fields, name: string): Fields {
  const value = from[name]
  return isFields(value) ? value : {}
}

/** The text under `name`, trimmed and cut to `maxChars`, or null when there is none or it is empty. */
export function textOf (from: Fields, name: string, maxChars = 200): string | null {
  const value = from[name]
  if (typeof value !== 'string') return null
  const text = value.toWellFormed().trim()
  return text === '' ? null : cutText(text, maxChars)
}

/** The number under `name`, or null. */
export function numberOf (from: Fields, name: string): number | null {
  const value = from[name]
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}
