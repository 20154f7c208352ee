/** The vectors in a caller's record. Each is kept with the words that it is of, so that it goes when they go. */
import type { Call, CallerRecord } from '../../schemas/caller-record.ts'
import { workedOutOnce } from '../caller/caller.ts'
import { isCurrentFact } from '../caller/facts.ts'
import { isCurrentNote } from '../caller/notes.ts'
import { isOpen } from '../caller/open-items.ts'
import { inSlices } from '../time.ts'
import { callItems } from './items.ts'
import { passagesOf } from './passages.ts'
import { markOf, type StoredVectors } from './vectors.ts'

/** Of all models. */
export function storedVectors ({ facts, open_items: items = [], notes, calls }: CallerRecord): StoredVectors {
  const vectors = [
    ...[...facts, ...items, ...notes].flatMap(({ vector }) => vector ?? []),
    ...calls.flatMap((call) => call.vectors ?? [])
  ]
  return new Map(vectors.map((vector) => [vector.split(' ')[1]!, vector]))
}

/** Vectors of `model`. To hash words takes longest, and is done once for each fact, note, open item and call. */
export function recordVectors (model: string) {
  const marked = (text: string) => ({ text, mark: markOf(model, text) })
  const wantedOf = workedOutOnce(({ text }: { text: string }) => marked(text))
  const wantedOfCall = workedOutOnce((call: Call) =>
    passagesOf(callItems(call, null)).map(({ text }) => marked(text)))

  return {
    /** Does the long work, with pauses for others. */
    async prepare ({ facts, calls }: CallerRecord): Promise<void> {
      await inSlices(facts, wantedOf)
      await inSlices(calls, wantedOfCall)
    },

    /** Texts without a vector, by mark. @param now - ISO 8601 */
    missing (record: CallerRecord, now: string): Map<string, string> {
      const stored = storedVectors(record)
      const wanted = [...currentOf(record, now)].map(wantedOf).concat(record.calls.flatMap(wantedOfCall))
      return new Map(wanted.filter(({ mark }) => !stored.has(mark)).map(({ mark, text }) => [mark, text]))
    },

    /**
     * With `made` and its own vectors, as far as they are of what can be recalled now. The same record if nothing
     * changes.
     *
     * @param now - ISO 8601
     */
    applied (record: CallerRecord, made: StoredVectors, now: string): CallerRecord {
      const known = new Map([...storedVectors(record), ...made])
      const current: ReadonlySet<object> = currentOf(record, now)
      const withVector = <T extends { text: string, vector?: string }>(each: T): T => {
        const vector = current.has(each) ? known.get(wantedOf(each).mark) : undefined
        if (each.vector === vector) return each
        const { vector: _, ...rest } = each
        return (vector === undefined ? rest : { ...rest, vector }) as T
      }
      const facts = mapped(record.facts, withVector)
      const notes = mapped(record.notes, withVector)
      const items = record.open_items === undefined ? undefined : mapped(record.open_items, withVector)
      const calls = mapped(record.calls, (call) => {
        const { vectors: before = [], ...rest } = call
        const vectors = wantedOfCall(call).flatMap(({ mark }) => known.get(mark) ?? [])
        if (vectors.join() === before.join()) return call
        return vectors.length === 0 ? rest : { ...rest, vectors }
      })
      const isSame = facts === record.facts && notes === record.notes && calls === record.calls &&
        items === record.open_items
      return isSame ? record : { ...record, facts, notes, calls, ...(items === undefined ? {} : { open_items: items }) }
    }
  }
}

/** Facts, open items and notes that can be recalled. */
function currentOf ({ facts, open_items: items = [], notes }: CallerRecord, now: string) {
  return new Set([
    ...facts.filter((fact) => isCurrentFact(fact, now)),
    ...items.filter(isOpen),
    ...notes.filter((note) => isCurrentNote(note, now))
  ])
}

/** The list itself if nothing in it changes. */
function mapped<T> (list: T[], change: (each: T) => T): T[] {
  const changed = list.map(change)
  return changed.every((each, n) => each === list[n]) ? list : changed
}
