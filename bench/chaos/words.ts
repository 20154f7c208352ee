/** Texts and ids that are found again in any file. */

/** A text or an id of a client. */
export const TOKEN = /chaos-[a-z]+/g

/** The nth token. Letters alone: a run of digits would be looked at as if it were the caller's number. */
export function token (n: number): string {
  const letters = [...n.toString(26)].map((digit) => 'abcdefghijklmnopqrstuvwxyz'[parseInt(digit, 26)])
  return `chaos-${letters.join('')}`
}
