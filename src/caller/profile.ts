import type { CallerRecord, StoredCaller } from '../../schemas/caller-record.ts'
import type { ProfilePatch, RemovedParts } from '../../schemas/memory.ts'
import { hasOptedOut, activeRecord, recordToChange, type Caller, type Change, type Context } from './caller.ts'
import { nameRevisions, withName } from './names.ts'
import { withoutDeletedWords } from './told.ts'
import { withoutForgetWishes } from './tool-calls.ts'

/**
 * What the patch lacks stays; null clears. An unknown caller gets a record.
 *
 * @throws {CallerOptedOut} unless the patch opts the caller in again
 */
export function changeProfile (context: Context, patch: ProfilePatch): Change<StoredCaller> {
  return (caller) => {
    if (patch.remember === false) {
      const optedOut: StoredCaller = { phone_hash: context.phoneHash, remember: false }
      if (hasOptedOut(caller)) return { caller, result: optedOut }
      return { caller: { record: optedOut, erasedAt: context.now }, result: optedOut }
    }
    const optedIn = patch.remember === true && hasOptedOut(caller) ? { ...caller, record: null } : caller
    const stored = recordToChange(optedIn, context)
    const old = patch.forget_wishes === null ? withoutForgetWishes(stored) : stored
    const record = withLearntFields({
      ...withPatchedName(old, patch.caller_name, context.now),
      language: patch.language === undefined ? old.language : patch.language
    }, (field) => isLearnt(old, field) && patch[field] === undefined)
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

type LearntField = NonNullable<CallerRecord['learnt_fields']>[number]

/** Null when the call does not say. Values must be from {@link nameFrom} and {@link languageFrom}. */
export type LearntProfile = Pick<CallerRecord, LearntField>

/** What the operator set stays. A call that is not the latest only fills in what is missing. */
export function withLearntProfile (
  record: CallerRecord, learnt: LearntProfile, isLatest: boolean, now: string
): CallerRecord {
  const isNew = (field: LearntField) => learnt[field] !== null && learnt[field] !== record[field] &&
    (record[field] === null || (isLatest && isLearnt(record, field)))
  const name = isNew('caller_name') ? learnt.caller_name : null
  if (name === null && !isNew('language')) return record
  return withLearntFields({
    ...(name === null ? record : withName(record, name, 'call', now)),
    language: isNew('language') ? learnt.language : record.language
  }, (field) => isLearnt(record, field) || isNew(field))
}

/** Whether the value may change with a later call. */
export function isLearnt (record: CallerRecord, field: LearntField): boolean {
  return record.learnt_fields?.includes(field) === true
}

/** With a new list of what was learnt. */
export function withLearntFields (record: CallerRecord, isLearnt: (field: LearntField) => boolean): CallerRecord {
  const { learnt_fields: before, ...rest } = record
  const fields = (['caller_name', 'language'] as const).filter(isLearnt)
  return fields.length === 0 ? rest : { ...rest, learnt_fields: fields }
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

/** Drops an erasure mark from before `instant` (ISO 8601). @returns whether there was one */
export function dropErasureMark (instant: string): Change<boolean> {
  return (caller) => caller.erasedAt !== null && caller.erasedAt < instant
    ? { caller: { ...caller, erasedAt: null }, result: true }
    : { caller, result: false }
}

/** Leaves an erasure mark, for unknown callers too, so that late call ends bring nothing back. An opt-out stays. */
export function erase (now: string): Change<RemovedParts & { erasedAt: string }> {
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
