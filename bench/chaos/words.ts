/** Matches every text and id that clients send, so that they can be found in any file. */
export const TOKEN = /chaos-[a-z]+/g

/** The nth token. Letters only: digits could be taken for the caller's number and masked. */
export function token (n: number): string {
  const letters = [...n.toString(26)].map((digit) => 'abcdefghijklmnopqrstuvwxyz'[parseInt(digit, 26)])
  return `chaos-${letters.join('')}`
}
