/**
 * What clients sent, and what was answered: from it follows what has to be stored, what must not be, and what may be
 * either. Pure but for its own growth; its clock counts events, and no time passes in it.
 */

/** What became of an attempt. */
export type Result =
  /** Promised: what it says is durable. */
  | 'acknowledged'
  /** A ring's 200: recorded, and on its way to the disk. */
  | 'answered'
  /** Answered with an error that says that nothing was changed. */
  | 'refused'
  /** No answer, or one that promises nothing. */
  | 'unknown'

/** One request, from when it was sent until it was answered, or until nothing of it can happen any more. */
export interface Attempt {
  from: number
  /** Infinity as long as it is on its way. */
  to: number
  result: Result
}

/** `end` is that a call was closed by its report. */
export type Kind = 'fact' | 'note' | 'call' | 'end'

export interface Item {
  kind: Kind
  /** The caller's phone hash; null for what is for everybody. */
  owner: string | null
  /** The text of a fact or note, the conversation id of a call. */
  key: string
  /** Requests that store it. */
  attempts: Attempt[]
  /** Requests that delete just this one. */
  removals: Attempt[]
  /** An erasure was acknowledged that came after everything that could have stored it. */
  isErased: boolean
}

/** What is found stored of one owner. */
export interface Observed {
  facts: string[]
  notes: string[]
  /** `isClosed` is null when only the ids of the call are kept. */
  calls: Array<{ id: string, isClosed: boolean | null }>
  callCount: number
}

export interface Ledger {
  /** The item, made when it is new. */
  item (kind: Kind, owner: string | null, key: string): Item
  /** Starts an attempt that stores each of these items. */
  store (...items: Item[]): Attempt
  /** Starts an attempt to delete an item. */
  remove (item: Item): Attempt
  /** Starts an erasure of a caller. */
  erase (owner: string): Attempt
  finish (attempt: Attempt, result: Result): void
  /** The process is gone: whatever is on its way will not happen any more. */
  processEnded (): void
  /** Answers to rings promise nothing any more: their records may not have reached the disk. */
  distrustRings (): void
  itemsOf (owner: string | null): Item[]
  erasuresOf (owner: string | null): readonly Attempt[]
  owners (): Array<string | null>
  /** Takes what was found after a restart for a fact: what was open is settled by it. */
  settle (owner: string | null, observed: Observed): void
  /** How many requests were acknowledged. */
  acknowledged (): number
}

export function createLedger (): Ledger {
  const owners = new Map<string | null, { items: Map<string, Item>, erasures: Attempt[] }>()
  const onTheWay = new Set<Attempt>()
  let clock = 0
  let acknowledged = 0

  function accountOf (owner: string | null) {
    const account = owners.get(owner) ?? { items: new Map<string, Item>(), erasures: [] }
    owners.set(owner, account)
    return account
  }

  function start (): Attempt {
    const attempt: Attempt = { from: ++clock, to: Infinity, result: 'unknown' }
    onTheWay.add(attempt)
    return attempt
  }

  const ledger: Ledger = {
    item (kind, owner, key) {
      const { items } = accountOf(owner)
      const name = `${kind} ${key}`
      const item = items.get(name) ?? { kind, owner, key, attempts: [], removals: [], isErased: false }
      items.set(name, item)
      return item
    },

    store (...items) {
      const attempt = start()
      for (const item of items) {
        item.attempts.push(attempt)
        item.isErased = false
      }
      return attempt
    },

    remove (item) {
      const attempt = start()
      item.removals.push(attempt)
      return attempt
    },

    erase (owner) {
      const attempt = start()
      accountOf(owner).erasures.push(attempt)
      return attempt
    },

    finish (attempt, result) {
      if (result === 'acknowledged') acknowledged++
      attempt.result = result
      // Without an answer it may still be carried out, as long as the process lives.
      if (result === 'unknown') return
      attempt.to = ++clock
      onTheWay.delete(attempt)
    },

    processEnded () {
      clock++
      for (const attempt of onTheWay) attempt.to = clock
      onTheWay.clear()
    },

    distrustRings () {
      for (const { items } of owners.values()) {
        for (const { attempts } of items.values()) {
          for (const attempt of attempts) if (attempt.result === 'answered') attempt.result = 'unknown'
        }
      }
    },

    itemsOf: (owner) => [...accountOf(owner).items.values()],
    erasuresOf: (owner) => accountOf(owner).erasures,
    owners: () => [...owners.keys()],

    settle (owner, observed) {
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
  return ledger
}

/**
 * Whether an item has to be stored, must not be, or may be either because something about it was never answered.
 *
 * @param ringsLast - whether the process came to an orderly stop: then recorded rings are on disk, too
 */
export function verdict ({ attempts, removals, isErased }: Item, erasures: readonly Attempt[], ringsLast: boolean): 'present' | 'absent' | 'either' {
  const removers = [...erasures, ...removals].filter(({ result }) => result !== 'refused')
  const storers = attempts.filter(({ result }) => result !== 'refused')
  const isPromised = ({ result }: Attempt) => result === 'acknowledged' || (result === 'answered' && ringsLast)
  if (storers.some((storer) => isPromised(storer) && removers.every((remover) => remover.to < storer.from))) return 'present'
  const isGone = (storer: Attempt) => removers.some((remover) => remover.result === 'acknowledged' && storer.to < remover.from)
  return isErased || storers.every(isGone) ? 'absent' : 'either'
}

/** Whether an item is among what was found; null when that cannot be told any more. */
export function isStored ({ kind, key }: Item, { facts, notes, calls }: Observed): boolean | null {
  if (kind === 'fact') return facts.includes(key)
  if (kind === 'note') return notes.includes(key)
  const call = calls.find(({ id }) => id === key)
  return kind === 'call' ? call !== undefined : call === undefined ? false : call.isClosed
}

/** Whether it was stored or tried to, and all of that was before an acknowledged erasure. */
function isErased ({ attempts }: Item, erasures: readonly Attempt[]): boolean {
  const storers = attempts.filter(({ result }) => result !== 'refused')
  return storers.length > 0 && storers.every((storer) => erasures.some((erasure) => erasure.result === 'acknowledged' && storer.to < erasure.from))
}

/** Texts and ids that were erased for good: no byte of them may be left. */
export function erasedKeys (ledger: Ledger): Set<string> {
  return new Set(ledger.owners().flatMap((owner) => ledger.itemsOf(owner)
    .filter((item) => item.kind !== 'end')
    .filter((item) => item.isErased || isErased(item, ledger.erasuresOf(owner)))
    .map(({ key }) => key)))
}
