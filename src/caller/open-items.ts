/** Promises and open questions: opened by what was said on a call, told at the next ones, closed by a later call or the operator. */
import type { CallerRecord, OpenItem } from '../../schemas/caller-record.ts'
import { OpenItemUnknown } from '../errors.ts'
import { activeRecord, type Change } from './caller.ts'

/** Open items in one record; beyond it closed ones go first, the oldest first, then the oldest open ones. */
export const MAX_OPEN_ITEMS = 50

export function isOpen (item: OpenItem): boolean {
  return item.closed_at === null
}

/** A record with one more item at the end. */
export function withOpenItem (record: CallerRecord, item: OpenItem): CallerRecord {
  const items = [...record.open_items ?? [], item]
  const surplus = items.length - MAX_OPEN_ITEMS
  const gone = new Set(surplus <= 0 ? [] : [...items.filter((each) => !isOpen(each)), ...items.filter(isOpen)].slice(0, surplus))
  return { ...record, open_items: items.filter((each) => !gone.has(each)) }
}

/** A record with an item closed; the same record when there is no such open item. */
export function withClosedItem (record: CallerRecord, itemId: string, now: string): CallerRecord {
  if (record.open_items?.some((item) => item.id === itemId && isOpen(item)) !== true) return record
  return { ...record, open_items: record.open_items.map((item) => item.id === itemId ? { ...item, closed_at: now } : item) }
}

/**
 * Closes an item; one that is closed stays as it is.
 *
 * @throws {OpenItemUnknown} also for a caller who is not known
 */
export function closeItem (itemId: string, now: string): Change<OpenItem> {
  return (caller) => {
    const record = activeRecord(caller)
    const closed = record === null ? null : withClosedItem(record, itemId, now)
    const item = closed?.open_items?.find(({ id }) => id === itemId)
    if (record === null || closed === null || item === undefined) throw new OpenItemUnknown()
    return { caller: closed === record ? caller : { ...caller, record: closed }, result: item }
  }
}
