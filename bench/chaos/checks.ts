import type { StoredCaller } from '../../schemas/caller-record.ts'
import { isStored, verdict, type Ledger, type Observed } from './ledger.ts'

/** A record keeps the ids of this many calls. */
const MAX_KNOWN_CALLS = 220

export function observe (record: StoredCaller | null): Observed {
  if (record === null || !record.remember) return { facts: [], notes: [], calls: [], callCount: 0 }
  return {
    facts: record.facts.map(({ text }) => text),
    notes: record.notes.map(({ text }) => text),
    calls: [
      ...record.calls.map(({ conversation_id: id, ended_at: endedAt }) =>
        ({ id: id ?? 'none', isClosed: endedAt !== null })),
      ...record.folded_calls.map(({ conversation_id: id }) => ({ id: id ?? 'none', isClosed: null }))
    ],
    callCount: record.call_count
  }
}

/** One sentence for each difference between what was found and the ledger. */
export function faultsOf (
  ledger: Ledger, owner: string | null, observed: Observed, wasStopped: boolean
): string[] {
  const faults: string[] = []
  const who = owner === null ? 'everybody' : owner.slice(0, 8)
  const items = ledger.itemsOf(owner)
  const erasures = ledger.erasuresOf(owner)
  let fewestCalls = 0
  let mostCalls = 0

  for (const item of items) {
    const expected = verdict(item, erasures, wasStopped)
    if (item.kind === 'call') {
      if (expected === 'present') fewestCalls++
      if (expected !== 'absent') mostCalls++
    }
    const isThere = isStored(item, observed)
    if (isThere === null) continue
    const what = `${who}: the ${item.kind} ${item.key}`
    if (expected === 'present' && !isThere) faults.push(`${what} was acknowledged and is lost`)
    if (expected === 'absent' && isThere) faults.push(`${what} is there, but was erased, deleted or never stored`)
  }

  const known = new Set(items.map(({ kind, key }) => `${kind} ${key}`))
  const found = [
    ...observed.facts.map((key) => `fact ${key}`),
    ...observed.notes.map((key) => `note ${key}`),
    ...observed.calls.map(({ id }) => `call ${id}`)
  ]
  for (const name of found) if (!known.has(name)) faults.push(`${who}: the ${name} was never sent`)
  for (const name of repeated(found)) faults.push(`${who}: the ${name} is stored more than once`)

  const { callCount, calls } = observed
  if (callCount < fewestCalls || callCount > mostCalls) {
    faults.push(`${who}: the call count is ${callCount}; ${fewestCalls} calls were acknowledged, ${mostCalls} sent`)
  }
  if (callCount <= MAX_KNOWN_CALLS && callCount !== calls.length) {
    faults.push(`${who}: the call count is ${callCount}, but ${calls.length} calls are listed`)
  }
  return faults
}

function repeated (names: string[]): string[] {
  const seen = new Set<string>()
  return [...new Set(names.filter((name) => seen.size === seen.add(name).size))]
}
