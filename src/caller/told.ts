/**
 * "Why did it say that?": the words behind the ids that a call was told.
 *
 * A fact's words stay in the record, and those of a note for everybody stay with these notes. The words of everything
 * else, which may go before the call does, are written with the call. What the operator deletes leaves only its id and
 * when it was deleted.
 */
import type { Call, CallerRecord, GlobalNotes, ToldWords } from '../../schemas/caller-record.ts'
import { CallUnknown } from '../errors.ts'
import { activeRecord, workedOutOnce, type Caller } from './caller.ts'
import { lastTurns, toldCallId } from './calls.ts'
import { nameRevisions } from './names.ts'
import { defuse, repeatKey, tellable } from './untrusted.ts'

export interface ToldItem {
  id: string
  /** Null when nothing says so any more. */
  kind: 'name' | 'fact' | 'open-item' | 'note' | 'global-note' | 'call' | null
  /** Null when it was deleted, or is of a version that did not keep it. */
  text: string | null
  /** ISO 8601; null when it was not deleted. */
  deletedAt: string | null
}

/** The words that are written with a call, for those of the ids that need it. */
export function wordsToKeep (record: CallerRecord, told: readonly string[]): ToldWords[] {
  const ids = new Set(told)
  const words: ToldWords[] = []
  for (const { id, text } of [...nameRevisions(record), ...record.open_items ?? [], ...record.notes]) {
    if (ids.has(id)) words.push({ what: id, text: defuse(text) })
  }
  for (const call of record.calls) {
    const id = toldCallId(call)
    if (ids.has(id)) words.push(toldParts(call).words ?? { what: id, text: defuse(lastTurns(record, call)) })
  }
  return words.filter(({ text }) => text !== '')
}

/** Before `after` lost facts that a call was told: their words go to that call. */
export function withWordsOfLostFacts (before: CallerRecord, after: CallerRecord): CallerRecord {
  const kept = new Set(after.facts.map(({ id }) => id))
  const lost = new Map(before.facts.filter(({ id }) => !kept.has(id)).map((fact) => [fact.id, fact]))
  if (lost.size === 0) return after
  const calls = after.calls.map((call) => {
    const words = call.told?.flatMap((id) => {
      const fact = lost.get(id)
      return fact === undefined ? [] : [{ what: id, text: defuse(fact.text) }]
    }) ?? []
    return words.length === 0 ? call : { ...call, told_words: [...call.told_words ?? [], ...words] }
  })
  return { ...after, calls }
}

/** Removes the words of what the operator has deleted from all calls. */
export function withoutDeletedWords (record: CallerRecord, ids: ReadonlySet<string>, now: string): CallerRecord {
  const told = new Set(record.calls.flatMap((call) => call.told ?? []))
  const deleted = [...record.deleted ?? [], ...[...ids].map((id) => ({ id, at: now }))].filter(({ id }) => told.has(id))
  const { deleted: _, ...rest } = record
  return {
    ...rest,
    calls: record.calls.map((call) => withoutWords(call, ids)),
    ...(deleted.length === 0 ? {} : { deleted })
  }
}

function withoutWords (call: Call, ids: ReadonlySet<string>): Call {
  if (call.told_words?.some(({ what }) => ids.has(what)) !== true) return call
  return { ...call, told_words: call.told_words.filter(({ what }) => !ids.has(what)) }
}

/** In the order in which they are told. @param callId - a number, or ElevenLabs' id. @throws {CallUnknown} */
export function toldInCall (caller: Caller, callId: string, globalNotes: GlobalNotes | null) {
  const record = activeRecord(caller)
  const call = record?.calls.find((each) => each.conversation_id === callId || String(each.number) === callId)
  if (record === null || call === undefined) throw new CallUnknown()
  const items = (call.told ?? []).map((id) => toldItem(record, call, id, globalNotes))
  return { call, items }
}

function toldItem (record: CallerRecord, call: Call, id: string, globalNotes: GlobalNotes | null): ToldItem {
  const hasId = (each: { id: string }) => each.id === id
  const deleted = record.deleted?.find(hasId) ?? globalNotes?.deleted?.find(hasId)
  if (deleted !== undefined) return { id, kind: null, text: null, deletedAt: deleted.at }
  const words = call.told_words?.find(({ what }) => what === id)?.text
  const of = (kind: ToldItem['kind'], text = '') =>
    ({ id, kind, text: words ?? (defuse(text) || null), deletedAt: null })

  const fact = record.facts.find(hasId)
  if (fact !== undefined) return of('fact', fact.text)
  const globalNote = globalNotes?.notes.find(hasId)
  if (globalNote !== undefined) return of('global-note', globalNote.text)
  const note = record.notes.find(hasId)
  if (note !== undefined) return of('note', note.text)
  const item = record.open_items?.find(hasId)
  if (item !== undefined) return of('open-item', item.text)
  if (id.startsWith('name-')) return of('name')
  return of([...record.calls, ...record.folded_calls].some((each) => toldCallId(each) === id) ? 'call' : null)
}

/** Title and summary as they are told, empty when there is none or it is withheld; and the words to keep of both. */
export function toldParts (call: Call): ToldParts {
  // Nothing is worked out for the many calls without: a call start makes a new one.
  return call.title === null && call.summary === null ? NOTHING_TOLD : partsOf(call)
}

interface ToldParts {
  title: string
  summary: string
  /** The same as another summary's if the two say the same. */
  key: string
  words: ToldWords | null
}

const NOTHING_TOLD: ToldParts = { title: '', summary: '', key: '', words: null }

const partsOf = workedOutOnce((call: Call): ToldParts => {
  const told = (part: 'title' | 'summary') => call.withheld?.includes(part) === true ? '' : tellable(call[part] ?? '')
  const [title, summary] = [told('title'), told('summary')]
  const both = title === '' ? summary : `${title}. ${summary}`
  const words = summary === '' ? null : { what: toldCallId(call), text: defuse(both) }
  return { title, summary, key: repeatKey(summary), words }
})
