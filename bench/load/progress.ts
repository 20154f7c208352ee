/** Progress on standard error, so that standard output is the tables alone. */
const startedAt = performance.now()

export function say (text: string): void {
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  process.stderr.write(`[${String(seconds).padStart(4)} s] ${text}\n`)
}
