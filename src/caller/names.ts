/** A caller's name is a revision with an id, so that a call can say which one it was told. */
import type { CallerRecord, NameRevision } from '../../schemas/caller-record.ts'

/** In one record. The words of those that a call was told are kept with the call. */
export const MAX_NAMES = 20

/** Oldest first; the last one is the name now, unless it has ended. */
export function nameRevisions ({ names = [], caller_name: name, created_at: since }: CallerRecord): NameRevision[] {
  const last = names.at(-1)
  if (name === null || (last?.text === name && last.ended_at === null)) return names
  // From a version before names had ids, or changed by hand.
  const id = last === undefined ? `name-${since}` : `${last.id}-edited`
  return [...names, { id, text: name, source: 'operator', created_at: since, ended_at: null }]
}

/** Null without a name. */
export function nameId (record: CallerRecord): string | null {
  return record.caller_name === null ? null : nameRevisions(record).at(-1)?.id ?? null
}

/** The same record if that is the name already. */
export function withName (
  record: CallerRecord, text: string, source: NameRevision['source'], now: string
): CallerRecord {
  if (record.caller_name === text) return record
  const earlier = nameRevisions(record).map((each) => each.ended_at === null ? { ...each, ended_at: now } : each)
  const isTaken = (id: string) => earlier.some((each) => each.id === id)
  let id = `name-${now}`
  while (isTaken(id)) id += '+'
  const names = [...earlier, { id, text, source, created_at: now, ended_at: null }].slice(-MAX_NAMES)
  return { ...record, caller_name: text, names }
}
