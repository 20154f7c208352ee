/** Who the caller is, whether they want to be remembered, and forgetting them. */
import type { CallerRecord, StoredCaller } from '../../schemas/caller-record.ts'
import { hasOptedOut, activeRecord, recordToChange, type Caller, type Change, type Context } from './caller.ts'

/** The operator's correction; what is undefined stays, null clears. */
export interface ProfilePatch {
  callerName?: string | null | undefined
  language?: string | null | undefined
  /** False erases everything and opts the caller out; true lets them be remembered again. */
  remember?: boolean | undefined
}

/** What an erasure took away. */
export interface Erasure {
  /** ISO 8601. */
  erasedAt: string
  /** Whether there was a record, and a name in it. */
  record: boolean
  name: boolean
  facts: number
  notes: number
  /** Calls counted, also those whose text was no longer kept. */
  calls: number
}

/**
 * Changes name, language or opt-out. Somebody never heard of gets a record, so that an operator can
 * know them before their first call.
 *
 * @throws {CallerOptedOut} they opted out, and the patch does not opt them in again
 */
export function changeProfile (context: Context, patch: ProfilePatch): Change<StoredCaller> {
  return (caller) => {
    if (patch.remember === false) {
      const optedOut: StoredCaller = { phone_hash: context.phoneHash, remember: false }
      if (hasOptedOut(caller)) return { caller, result: optedOut }
      return { caller: { record: optedOut, erasedAt: context.now }, result: optedOut }
    }
    const optedIn = patch.remember === true && hasOptedOut(caller) ? { ...caller, record: null } : caller
    const old = recordToChange(optedIn, context)
    const record = withLearntFields({
      ...old,
      caller_name: patch.callerName === undefined ? old.caller_name : patch.callerName,
      language: patch.language === undefined ? old.language : patch.language
    }, (field) => old.learnt_fields?.includes(field) === true && (field === 'caller_name' ? patch.callerName : patch.language) === undefined)
    return { caller: { ...caller, record }, result: record }
  }
}

/** What a call says about who the caller is; null says nothing. Values that are no name, or no language, must not get here. */
export interface LearntProfile {
  callerName: string | null
  language: string | null
}

/**
 * A record with what was learnt about who the caller is. What the operator has set stays.
 *
 * @param isLatest - whether it comes from the latest call: an older one only fills in what is missing
 */
export function withLearntProfile (record: CallerRecord, { callerName, language }: LearntProfile, isLatest: boolean): CallerRecord {
  const learnt = record.learnt_fields ?? []
  const isNew = (field: LearntField, value: string | null) =>
    value !== null && (record[field] === null || (isLatest && learnt.includes(field))) && record[field] !== value
  const isNameNew = isNew('caller_name', callerName)
  const isLanguageNew = isNew('language', language)
  if (!isNameNew && !isLanguageNew) return record
  return withLearntFields(
    { ...record, caller_name: isNameNew ? callerName : record.caller_name, language: isLanguageNew ? language : record.language },
    (field) => learnt.includes(field) || (field === 'caller_name' ? isNameNew : isLanguageNew)
  )
}

/** What stands in a form, or comes from a model, when nobody said a name. */
const NO_NAME = /^(?:none|null|nil|unknown|undefined|anonymous|caller|customer|user|there|n\.?a\.?|no name|not (?:provided|given|known|available|specified|stated|mentioned))\.?$/i

/** `text` as a caller's name, trimmed, or null when it cannot be one. As the schema of names has it. */
export function nameFrom (text: string): string | null {
  const name = text.trim().replace(/\s+/gu, ' ')
  if (NO_NAME.test(name)) return null
  return /^(?=.*\p{L})[\p{L}\p{M} '\-.]{1,60}$/u.test(name) ? name : null
}

const LANGUAGE_NAMES = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' })

/** `text` as the code of a language that there is, or null. As the schema of languages has it. */
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

/** Drops the mark of an erasure before `instant` (ISO 8601). The result says whether there was one. */
export function dropErasureMark (instant: string): Change<boolean> {
  return (caller) => caller.erasedAt !== null && caller.erasedAt < instant
    ? { caller: { ...caller, erasedAt: null }, result: true }
    : { caller, result: false }
}

/**
 * Erases a caller. The mark that is left keeps late post-calls from bringing anything back; an opt-out
 * outlives it. Erasing somebody unknown leaves the mark as well.
 */
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
