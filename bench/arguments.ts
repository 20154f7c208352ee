/** What the benches have in common in reading their arguments. */

/** Says in one line what is wrong, and ends the process with code 2. */
export function wrongArguments (message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}

/** The names in a list for `--only`. */
export function namesIn (list: string, all: readonly string[]): string[] {
  const names = list.split(',')
  const unknown = names.find((name) => !all.includes(name))
  if (unknown !== undefined) wrongArguments(`--only has to be some of ${all.join(', ')}, not ${unknown}`)
  return names
}
