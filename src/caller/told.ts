/** What a caller is told at ring, written down with the call: "why did it say that?" */
import type { CallerRecord } from '../../schemas/caller-record.ts'
import type { Change } from './caller.ts'
import type { RecordedStart } from './calls.ts'

/** Writes the answer to a call from the record, of which the call is a part by then; with the ids of what it tells. Pure. */
export type Compose<A> = (record: CallerRecord, callNumber: number) => { response: A, told: readonly string[] }

/**
 * A ring together with its answer, so that one writing has both. A repeat writes only when it is told something else; of a call that
 * is folded nothing is noted any more.
 */
export function composeResponse<A> (start: Change<RecordedStart>, compose: Compose<A>): Change<(NonNullable<RecordedStart> & { response: A }) | null> {
  return (before) => {
    const { caller, result } = start(before)
    if (result === null) return { caller, result }
    const { record, callNumber } = result
    const { response, told } = compose(record, callNumber)
    const call = record.calls.find(({ number }) => number === callNumber)
    if (call === undefined || isSame(call.told ?? [], told)) return { caller, result: { record, callNumber, response } }
    const noted = { ...record, calls: record.calls.map((each) => each === call ? { ...call, told: [...told] } : each) }
    return { caller: { ...caller, record: noted }, result: { record: noted, callNumber, response } }
  }
}

function isSame (one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((id, n) => id === other[n])
}
