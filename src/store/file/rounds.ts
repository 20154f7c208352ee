/** Runs work in rounds: what comes during a round waits for the next one. */

export type Rounds = <T>(work: () => Promise<T>) => Promise<T>

/** @param size - pieces of work per round at most; first come, first served */
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
