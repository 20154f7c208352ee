import type { CallerRecord } from '../../schemas/caller-record.ts'
import type { Change } from './caller.ts'
import type { RecordedStart } from './calls.ts'

/** Pure. `record` includes this call; `told` are the ids of what the response tells. */
export type Compose<R> = (record: CallerRecord, callNumber: number) => { response: R, told: readonly string[] }

/**
 * Stores a call start together with what the agent was told. A repeat is written only if the agent was told something
 * else, and never for a folded call.
 */
export function composeResponse<R> (
  start: Change<RecordedStart>, compose: Compose<R>
): Change<(NonNullable<RecordedStart> & { response: R }) | null> {
  return (before) => {
    const { caller, result } = start(before)
    if (result === null) return { caller, result }
    const { record, callNumber } = result
    const { response, told } = compose(record, callNumber)
    const call = record.calls.find(({ number }) => number === callNumber)
    if (call === undefined || isSame(call.told ?? [], told)) return { caller, result: { record, callNumber, response } }
    const calls = record.calls.map((each) => each === call ? { ...call, told: [...told] } : each)
    const withTold = { ...record, calls }
    return { caller: { ...caller, record: withTold }, result: { record: withTold, callNumber, response } }
  }
}

function isSame (one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((id, n) => id === other[n])
}
