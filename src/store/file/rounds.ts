/** Work in rounds: what comes while a round is under way makes up the next one. */

/** Runs work in the next round that has room. */
export type Rounds = <T>(work: () => Promise<T>) => Promise<T>

/** @param size - pieces of work in a round, at most; who came first goes first */
export function createRounds (size: number): Rounds {
  let waiting: Array<() => Promise<void>> = []
  let isRunning = false

  async function run (): Promise<void> {
    isRunning = true
    while (waiting.length > 0) {
      const round = waiting.slice(0, size)
      waiting = waiting.slice(size)
      await Promise.all(round.map((work) => work()))
    }
    isRunning = false
  }

  return (work) => new Promise((resolve, reject) => {
    waiting.push(() => work().then(resolve, reject))
    if (!isRunning) void run()
  })
}
