/** What `connect` did, as it is kept with the data so that `disconnect` can undo it. Pure. */
import { isDeepStrictEqual } from 'node:util'
import type { Changed, Connection, Made } from '../../schemas/connection.ts'
import { covers, type Change } from './changes.ts'

export interface Kept {
  readonly value: Connection
  /** Durable. */
  save: (value: Connection) => Promise<void>
}

export type Target = Pick<Changed, 'target' | 'id' | 'branch_id'>

export function newConnection (bridgeId: string): Connection {
  return { version: 1, bridge_id: bridgeId, made: [], changed: [] }
}

/** Adds something, or replaces it. */
export function withMade (kept: Connection, made: Made): Connection {
  const isSame = ({ kind, id }: Made) => kind === made.kind && id === made.id
  return { ...kept, made: [...kept.made.filter((each) => !isSame(each)), made] }
}

export function withoutMade (kept: Connection, kind: Made['kind'], id: string): Connection {
  return { ...kept, made: kept.made.filter((each) => each.kind !== kind || each.id !== id) }
}

/** Keeps what was there before the first change, unless somebody else has changed it since. */
export function withChanges (kept: Connection, target: Target, changes: readonly Change[]): Connection {
  let { changed } = kept
  for (const change of changes) {
    const entry = { ...target, ...change }
    const former = changed.find((each) => isSameSetting(each, entry))
    const isStillOurs = former !== undefined && !change.is_item && change.had && covers(change.before, former.after)
    const next = isStillOurs ? { ...entry, had: former.had, before: former.before } : entry
    changed = former === undefined ? [...changed, next] : changed.map((each) => each === former ? next : each)
  }
  return { ...kept, changed }
}

export function withoutChanges (kept: Connection, changes: readonly Changed[]): Connection {
  return { ...kept, changed: kept.changed.filter((each) => !changes.includes(each)) }
}

function isSameSetting (one: Changed, other: Changed): boolean {
  return one.target === other.target && one.id === other.id && one.branch_id === other.branch_id &&
    isDeepStrictEqual(one.path, other.path) && (!one.is_item || one.after === other.after)
}
