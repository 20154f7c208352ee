/** Who the caller is, whether they want to be remembered, and forgetting them. */
import type { StoredCaller } from '../../schemas/caller-record.ts'
import { hasOptedOut, knownRecord, recordToChange, type Caller, type Change, type Context } from './caller.ts'

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
    const record = {
      ...old,
      caller_name: patch.callerName === undefined ? old.caller_name : patch.callerName,
      language: patch.language === undefined ? old.language : patch.language
    }
    return { caller: { ...caller, record }, result: record }
  }
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
    const record = knownRecord(caller)
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
