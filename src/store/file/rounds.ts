export type Rounds = <T>(work: () => Promise<T>) => Promise<T>

/** Work that comes during a round waits for the next one, which takes at most `size` pieces, in order. */
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
