/** Progress goes to standard error, because standard output has only the tables. */
const startedAt = performance.now()

export function say (text: string): void {
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  process.stderr.write(`[${String(seconds).padStart(4)} s] ${text}\n`)
}
