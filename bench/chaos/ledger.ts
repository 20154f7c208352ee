/** Which requests got which response, and so what has to be stored. The clock counts events, not time. */

export type Result =
  /** The response promises that it is durable. */
  | 'acknowledged'
  /** The 200 of a call start: recorded, but maybe not on disk yet. */
  | 'recorded'
  /** The response says that nothing was changed. */
  | 'refused'
  /** No response, or one that promises nothing. */
  | 'unknown'

/** One request, from when it was sent until its response, or until it can have no effect any more. */
export interface Attempt {
  from: number
  /** Infinity while it is pending. */
  to: number
  result: Result
}

/** `call`: the call is listed; `end`: its call end was stored. */
export type Kind = 'fact' | 'note' | 'call' | 'end'

export interface Item {
  kind: Kind
  /** The caller's phone hash; null for notes for everybody. */
  owner: string | null
  /** The text of a fact or note, the conversation id of a call. */
  key: string
  attempts: Attempt[]
  /** Requests that delete only this item. */
  removals: Attempt[]
  /** An erasure was acknowledged after everything that could have stored the item. */
  isErased: boolean
}

export interface Observed {
  facts: string[]
  notes: string[]
  /** `isClosed` is null if only the ids of the call are kept. */
  calls: Array<{ id: string, isClosed: boolean | null }>
  callCount: number
}

export type Ledger = ReturnType<typeof createLedger>

export function createLedger () {
  const owners = new Map<string | null, { items: Map<string, Item>, erasures: Attempt[] }>()
  const pending = new Set<Attempt>()
  let clock = 0
  let acknowledged = 0

  function accountOf (owner: string | null) {
    const account = owners.get(owner) ?? { items: new Map<string, Item>(), erasures: [] }
    owners.set(owner, account)
    return account
  }

  function start (): Attempt {
    const attempt: Attempt = { from: ++clock, to: Infinity, result: 'unknown' }
    pending.add(attempt)
    return attempt
  }

  return {
    item (kind: Kind, owner: string | null, key: string): Item {
      const { items } = accountOf(owner)
      const name = `${kind} ${key}`
      const item = items.get(name) ?? { kind, owner, key, attempts: [], removals: [], isErased: false }
      items.set(name, item)
      return item
    },

    store (...items: Item[]): Attempt {
      const attempt = start()
      for (const item of items) {
        item.attempts.push(attempt)
        item.isErased = false
      }
      return attempt
    },

    remove (item: Item): Attempt {
      const attempt = start()
      item.removals.push(attempt)
      return attempt
    },

    erase (owner: string): Attempt {
      const attempt = start()
      accountOf(owner).erasures.push(attempt)
      return attempt
    },

    finish (attempt: Attempt, result: Result): void {
      if (result === 'acknowledged') acknowledged++
      attempt.result = result
      // Without a response it may still be carried out while the process lives.
      if (result === 'unknown') return
      attempt.to = ++clock
      pending.delete(attempt)
    },

    /** The process is gone, so pending requests will have no effect any more. */
    processEnded (): void {
      clock++
      for (const attempt of pending) attempt.to = clock
      pending.clear()
    },

    /** Recorded call starts may not have reached the disk: from now on they count as unknown. */
    distrustRecorded (): void {
      for (const { items } of owners.values()) {
        for (const { attempts } of items.values()) {
          for (const attempt of attempts) if (attempt.result === 'recorded') attempt.result = 'unknown'
        }
      }
    },

    itemsOf: (owner: string | null) => [...accountOf(owner).items.values()],
    erasuresOf: (owner: string | null): readonly Attempt[] => accountOf(owner).erasures,
    owners: () => [...owners.keys()],

    /** Settles open cases: what was found after a restart has to stay, what was not must not appear later. */
    settle (owner: string | null, observed: Observed): void {
      clock++
      const { items, erasures } = accountOf(owner)
      for (const item of items.values()) {
        item.isErased ||= isErased(item, erasures)
        const isThere = isStored(item, observed)
        if (isThere === null) continue
        item.attempts = isThere ? [{ from: clock, to: clock, result: 'acknowledged' }] : []
      }
    },

    acknowledged: () => acknowledged
  }
}

/**
 * `either` if a request got no response. After an orderly stop (`wasStopped`), recorded call starts are on disk, too.
 */
export function verdict (
  { attempts, removals, isErased }: Item, erasures: readonly Attempt[], wasStopped: boolean
): 'present' | 'absent' | 'either' {
  const removers = [...erasures, ...removals].filter(({ result }) => result !== 'refused')
  const storers = attempts.filter(({ result }) => result !== 'refused')
  const isPromised = ({ result }: Attempt) => result === 'acknowledged' || (result === 'recorded' && wasStopped)
  const isKept = (storer: Attempt) => removers.every((remover) => remover.to < storer.from)
  if (storers.some((storer) => isPromised(storer) && isKept(storer))) return 'present'
  const isGone = (storer: Attempt) =>
    removers.some((remover) => remover.result === 'acknowledged' && storer.to < remover.from)
  return isErased || storers.every(isGone) ? 'absent' : 'either'
}

/** Whether an item was found; null if what was found does not show it. */
export function isStored ({ kind, key }: Item, { facts, notes, calls }: Observed): boolean | null {
  if (kind === 'fact') return facts.includes(key)
  if (kind === 'note') return notes.includes(key)
  const call = calls.find(({ id }) => id === key)
  return kind === 'call' ? call !== undefined : call === undefined ? false : call.isClosed
}

/** Whether every attempt to store the item came before an acknowledged erasure, and there was one. */
function isErased ({ attempts }: Item, erasures: readonly Attempt[]): boolean {
  const storers = attempts.filter(({ result }) => result !== 'refused')
  return storers.length > 0 && storers.every((storer) =>
    erasures.some((erasure) => erasure.result === 'acknowledged' && storer.to < erasure.from))
}

/** Texts and ids that were erased: no file may contain them any more. */
export function erasedKeys (ledger: Ledger): Set<string> {
  return new Set(ledger.owners().flatMap((owner) => ledger.itemsOf(owner)
    .filter((item) => item.kind !== 'end')
    .filter((item) => item.isErased || isErased(item, ledger.erasuresOf(owner)))
    .map(({ key }) => key)))
}
