/** Promises and open questions from calls, told until a later call or the operator closes them. */
import type { CallerRecord, OpenItem } from '../../schemas/caller-record.ts'
import { OpenItemUnknown } from '../errors.ts'
import { activeRecord, type Change } from './caller.ts'

/** In one record, closed ones included. Beyond it, the oldest closed item goes, then the oldest open one. */
export const MAX_OPEN_ITEMS = 50

export function isOpen (item: OpenItem): boolean {
  return item.closed_at === null
}

export function withOpenItem (record: CallerRecord, item: OpenItem): CallerRecord {
  const items = [...record.open_items ?? [], item]
  const surplus = Math.max(0, items.length - MAX_OPEN_ITEMS)
  const closedFirst = [...items.filter((each) => !isOpen(each)), ...items.filter(isOpen)]
  const gone = new Set(closedFirst.slice(0, surplus))
  return { ...record, open_items: items.filter((each) => !gone.has(each)) }
}

/** The same record if there is no such open item. */
export function withClosedItem (record: CallerRecord, itemId: string, now: string): CallerRecord {
  if (record.open_items?.some((item) => item.id === itemId && isOpen(item)) !== true) return record
  const items = record.open_items.map((item) => item.id === itemId ? { ...item, closed_at: now } : item)
  return { ...record, open_items: items }
}

/** A closed item stays as it is. @throws {OpenItemUnknown} also for an unknown caller */
export function closeItem (itemId: string, now: string): Change<OpenItem> {
  return (caller) => {
    const record = activeRecord(caller)
    const closed = record === null ? null : withClosedItem(record, itemId, now)
    const item = closed?.open_items?.find(({ id }) => id === itemId)
    if (record === null || closed === null || item === undefined) throw new OpenItemUnknown()
    return { caller: closed === record ? caller : { ...caller, record: closed }, result: item }
  }
}
