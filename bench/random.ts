export interface Random {
  /** A whole number from 0 to below `limit`. */
  below (limit: number): number
  /** True with this probability, 0 to 1. */
  chance (share: number): boolean
  /** Undefined if there are no choices. */
  pick<T> (choices: readonly T[]): T | undefined
  hex (digits: number): string
}

/** Mulberry32, see https://gist.github.com/tommyettinger/46a874533244883189143505d203312c: enough to spread load. */
export function createRandom (seed: number): Random {
  let state = seed >>> 0
  function next (): number {
    state = (state + 0x6D2B79F5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    below,
    chance: (share) => next() < share,
    pick: (choices) => choices[below(choices.length)],
    hex (digits) {
      let text = ''
      while (text.length < digits) text += below(2 ** 32).toString(16).padStart(8, '0')
      return text.slice(0, digits)
    }
  }
}
