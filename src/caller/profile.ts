import type { CallerRecord, StoredCaller } from '../../schemas/caller-record.ts'
import { hasOptedOut, activeRecord, recordToChange, type Caller, type Change, type Context } from './caller.ts'
import { nameRevisions, withName } from './names.ts'
import { withoutDeletedWords } from './told.ts'
import { withoutForgetWishes } from './tool-calls.ts'

/** What is undefined stays; null clears. */
export interface ProfilePatch {
  callerName?: string | null | undefined
  language?: string | null | undefined
  /** False erases everything and opts the caller out; true lets them be remembered again. */
  remember?: boolean | undefined
  /** Null when the operator has seen to them. */
  forgetWishes?: null | undefined
}

export interface Erasure {
  /** ISO 8601. */
  erasedAt: string
  /** Whether there was one. */
  record: boolean
  name: boolean
  facts: number
  notes: number
  /** All calls counted, stored or not. */
  calls: number
}

/** An unknown caller gets a record. @throws {CallerOptedOut} unless the patch opts the caller in again */
export function changeProfile (context: Context, patch: ProfilePatch): Change<StoredCaller> {
  return (caller) => {
    if (patch.remember === false) {
      const optedOut: StoredCaller = { phone_hash: context.phoneHash, remember: false }
      if (hasOptedOut(caller)) return { caller, result: optedOut }
      return { caller: { record: optedOut, erasedAt: context.now }, result: optedOut }
    }
    const optedIn = patch.remember === true && hasOptedOut(caller) ? { ...caller, record: null } : caller
    const stored = recordToChange(optedIn, context)
    const old = patch.forgetWishes === null ? withoutForgetWishes(stored) : stored
    const isPatched = (field: LearntField) =>
      (field === 'caller_name' ? patch.callerName : patch.language) !== undefined
    const record = withLearntFields({
      ...withPatchedName(old, patch.callerName, context.now),
      language: patch.language === undefined ? old.language : patch.language
    }, (field) => old.learnt_fields?.includes(field) === true && !isPatched(field))
    return { caller: { ...caller, record }, result: record }
  }
}

/** Without a name, nothing stays of the ones before, either. */
function withPatchedName (record: CallerRecord, name: string | null | undefined, now: string): CallerRecord {
  if (name === undefined) return record
  if (name !== null) return withName(record, name, 'operator', now)
  const deleted = new Set(nameRevisions(record).map(({ id }) => id))
  if (deleted.size === 0) return record
  const { names, ...rest } = record
  return withoutDeletedWords({ ...rest, caller_name: null }, deleted, now)
}

/** Null when the call does not say. Values must be from {@link nameFrom} and {@link languageFrom}. */
export interface LearntProfile {
  callerName: string | null
  language: string | null
}

/** What the operator set stays. A call that is not the latest only fills in what is missing. */
export function withLearntProfile (
  record: CallerRecord, { callerName, language }: LearntProfile, isLatest: boolean, now: string
): CallerRecord {
  const learnt = record.learnt_fields ?? []
  const isNew = (field: LearntField, value: string | null) =>
    value !== null && (record[field] === null || (isLatest && learnt.includes(field))) && record[field] !== value
  const isNameNew = isNew('caller_name', callerName)
  const isLanguageNew = isNew('language', language)
  if (!isNameNew && !isLanguageNew) return record
  return withLearntFields({
    ...(isNameNew && callerName !== null ? withName(record, callerName, 'call', now) : record),
    language: isLanguageNew ? language : record.language
  }, (field) => learnt.includes(field) || (field === 'caller_name' ? isNameNew : isLanguageNew))
}

/** What forms and models write when no name was said. */
const NO_NAME = /^(?:none|null|nil|unknown|undefined|anonymous|caller|customer|user|there|n\.?a\.?|no name|not (?:provided|given|known|available|specified|stated|mentioned))\.?$/i

/** Trimmed; null if it cannot be a name. Agrees with the schema of names. */
export function nameFrom (text: string): string | null {
  const name = text.trim().replace(/\s+/gu, ' ')
  if (NO_NAME.test(name)) return null
  return /^(?=.*\p{L})[\p{L}\p{M} '\-.]{1,60}$/u.test(name) ? name : null
}

const LANGUAGE_NAMES = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' })

/** Null if there is no such language. Agrees with the schema of languages. */
export function languageFrom (text: string): string | null {
  const [, language, region] = /^([A-Za-z]{2,3})(?:[-_]([A-Za-z0-9]{2,8}))?$/.exec(text.trim()) ?? []
  if (language === undefined || LANGUAGE_NAMES.of(language.toLowerCase()) === undefined) return null
  return region === undefined ? language.toLowerCase() : `${language.toLowerCase()}-${region}`
}

type LearntField = NonNullable<CallerRecord['learnt_fields']>[number]

function withLearntFields (record: CallerRecord, isLearnt: (field: LearntField) => boolean): CallerRecord {
  const { learnt_fields: before, ...rest } = record
  const fields = (['caller_name', 'language'] as const).filter(isLearnt)
  return fields.length === 0 ? rest : { ...rest, learnt_fields: fields }
}

/** Drops an erasure mark from before `instant` (ISO 8601). @returns whether there was one */
export function dropErasureMark (instant: string): Change<boolean> {
  return (caller) => caller.erasedAt !== null && caller.erasedAt < instant
    ? { caller: { ...caller, erasedAt: null }, result: true }
    : { caller, result: false }
}

/** Leaves an erasure mark, for unknown callers too, so that late call ends bring nothing back. An opt-out stays. */
export function erase (now: string): Change<Erasure> {
  return (caller) => {
    const record = activeRecord(caller)
    const erased: Caller = { record: hasOptedOut(caller) ? caller.record : null, erasedAt: now }
    return {
      caller: erased,
      result: {
        erasedAt: now,
        record: record !== null,
        name: record !== null && record.caller_name !== null,
        facts: record?.facts.length ?? 0,
        notes: record?.notes.length ?? 0,
        calls: record?.call_count ?? 0
      }
    }
  }
}
