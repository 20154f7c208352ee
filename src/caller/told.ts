import { activeRecord, type Caller } from './caller.ts'

/**
 * Stores the ids of what a call was told with that call. The same caller if nothing changes: the call was told the same
 * before, or is folded.
 */
export function rememberTold (caller: Caller, callNumber: number, told: readonly string[]): Caller {
  const record = activeRecord(caller)
  const call = record?.calls.find(({ number }) => number === callNumber)
  if (record === null || call === undefined || isSame(call.told ?? [], told)) return caller
  const calls = record.calls.map((each) => each === call ? { ...call, told: [...told] } : each)
  return { ...caller, record: { ...record, calls } }
}

function isSame (one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((id, n) => id === other[n])
}
