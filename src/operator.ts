/** What an operator sees and changes. Routes run the changes in `caller/`; here is what those need from outside. */
import { randomUUID } from 'node:crypto'
import type { StoredCaller } from '../schemas/caller-record.ts'
import type { Config } from '../schemas/env.ts'
import type { FactPatch, NewFact } from '../schemas/memory.ts'
import type { ResealedPage } from '../schemas/seal.ts'
import type { Context } from './caller/caller.ts'
import { countPending } from './caller/fact-review.ts'
import { countCurrent, type FactFields } from './caller/facts.ts'
import { isOwn, ownNumbersOf } from './calls/identify.ts'
import { PhoneUnreadable, RequestInvalid, SealingOff, TimeInvalid, TimePast } from './errors.ts'
import type { CallerIdReader } from './phone/caller-id.ts'
import { hashPrefix } from './phone/phone-hash.ts'
import { rekeyCaller } from './store/rekey-caller.ts'
import { resealPage } from './store/reseal.ts'
import { sealerFor } from './store/sealer.ts'
import type { Store } from './store/store.ts'

/** `fastify` by its decorators, or an object with the same keys. */
export interface OperatorContext {
  store: Store
  callerId: CallerIdReader
  /** Removes what must not be stored, such as card numbers. */
  redact: (text: string) => string
  now: () => Date
  log: { error: (fields: object, message: string) => void }
}

/**
 * When something that is added or corrected now is to end.
 *
 * @throws {TimeInvalid} as `storedTime`
 * @throws {TimePast} it would have ended already
 */
export function storedEnd (
  field: string, time: string | number | null | undefined, now: Date
): string | null | undefined {
  const end = storedTime(field, time)
  if (end != null && end <= now.toISOString()) throw new TimePast(field)
  return end
}

type FactContext = Pick<OperatorContext, 'callerId' | 'redact' | 'now'>

/** A body as it is stored: every text masked, every time in UTC. @throws as {@link storedEnd} and {@link maskedText} */
export function factFields (ctx: FactContext, phoneHash: string, body: NewFact): FactFields & { text: string }
export function factFields (ctx: FactContext, phoneHash: string, body: FactPatch): FactFields
export function factFields (
  ctx: FactContext, phoneHash: string, { fact, expires_at: time, ...fields }: FactPatch
): FactFields {
  const end = storedEnd('body/expires_at', time, ctx.now())
  return {
    ...fields,
    ...(fact === undefined ? {} : { text: maskedText(ctx, phoneHash, fact) }),
    ...(end === undefined ? {} : { expires_at: end })
  }
}

/** Of a change that may make a new record. */
export function changeContext ({ now }: Pick<OperatorContext, 'now'>, phoneHash: string): Context {
  return { phoneHash, newId: randomUUID(), now: now().toISOString() }
}

/** As in the schemas of facts and notes, but checked again after masking: a mask can be longer than the number. */
const MAX_TEXT_CHARS = 1000
const TOO_LONG =
  `body has a text of more than ${MAX_TEXT_CHARS} characters once the caller's number in it is masked: shorten it`

/** Masks the caller's number, and removes what else must not be stored. @throws {RequestInvalid} it gets too long */
export function maskedText (
  { callerId, redact }: Pick<OperatorContext, 'callerId' | 'redact'>, phoneHash: string, text: string
): string {
  const masked = callerId.fromHash(phoneHash).mask(redact(text))
  if ([...masked].length > MAX_TEXT_CHARS) throw new RequestInvalid(TOO_LONG)
  return masked
}

/**
 * As {@link timeFrom}. Null and undefined stay.
 *
 * @param field - for the error, such as `body/expires_at`
 * @throws {TimeInvalid} there is no such time
 */
export function storedTime (field: string, time: string | number | null | undefined): string | null | undefined {
  if (time === null || time === undefined) return time
  const stored = timeFrom(time)
  if (stored === null) throw new TimeInvalid(field)
  return stored
}

/**
 * A time as it is stored; null if there is no such time. Stored times are compared as text, so they are all UTC with a
 * year of four digits.
 *
 * @param time - ISO 8601 with any offset, or Unix seconds
 */
export function timeFrom (time: string | number): string | null {
  // ISO 8601 allows an offset of hours only, `Date` does not.
  const date = new Date(typeof time === 'number' ? time * 1000 : time.replace(/(?<=:.*[+-]\d\d)$/, ':00'))
  const year = date.getUTCFullYear()
  return year >= 0 && year <= 9999 ? date.toISOString() : null
}

/** One page in the order of phone hashes; `next` is null on the last. Logs and leaves out what cannot be read. */
export async function listCallers (
  { store, now, log }: Pick<OperatorContext, 'store' | 'now' | 'log'>, after: string | null, limit: number
) {
  const { callers, unreadable, next } = await store.list('records', after, limit)
  for (const phoneHash of unreadable) {
    log.error({ caller: hashPrefix(phoneHash) }, 'a record cannot be read: the list leaves it out')
  }
  const at = now().toISOString()
  return { callers: callers.flatMap(({ record }) => record === null ? [] : [summary(record, at)]), next }
}

/** Of a caller who opted out, nothing is known. */
function summary (caller: StoredCaller, now: string) {
  const record = caller.remember ? caller : null
  const facts = record?.facts ?? []
  return {
    phone_hash: caller.phone_hash,
    remember: caller.remember,
    caller_name: record?.caller_name ?? null,
    language: record?.language ?? null,
    call_count: record?.call_count ?? 0,
    total_facts: countCurrent(facts, now),
    pending_facts: countPending(facts),
    forget_wishes: record?.forget_wishes?.length ?? 0,
    first_seen: record?.first_seen ?? null,
    last_seen: record?.last_seen ?? null
  }
}

/**
 * What is known about a phone number. Moves a record from the number's unkeyed hash first.
 *
 * @throws {PhoneUnreadable}
 */
export async function lookUpCaller (ctx: Pick<OperatorContext, 'store' | 'callerId'>, phone: string) {
  const { store, callerId } = ctx
  const identity = callerId.identify(phone)
  if (identity.kind !== 'phone') throw new PhoneUnreadable(identity.kind)
  await rekeyCaller(store, identity)
  const { phoneHash } = identity
  return {
    phoneHash,
    isKnown: (await store.load(phoneHash)).record !== null,
    isOwn: isOwn(identity, await ownNumbersOf(ctx))
  }
}

/** Few enough that a request stays short on a slow disk. */
const SEALED_CALLERS = 200

/** Seals a page of what is stored. @throws {SealingOff} there is no key */
export async function sealPage (
  { store, config }: { store: Store, config: Pick<Config, 'DATA_ENCRYPTION_KEY'> }, after: string | null
): Promise<ResealedPage> {
  const sealer = sealerFor(config.DATA_ENCRYPTION_KEY)
  if (sealer === null) throw new SealingOff()
  return await resealPage(store, sealer, after, SEALED_CALLERS)
}
