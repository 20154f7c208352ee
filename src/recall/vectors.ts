/** What is kept of the vectors of an embeddings model: one bit for each of 1,024 directions, whatever the model. */
import { createHash, hash } from 'node:crypto'

/** Longest vector of a model; a power of two. Models have up to 4,096 numbers. */
export const MAX_DIMENSIONS = 8192

const DIRECTIONS = 1024

/** Of a random direction, the sign alone makes a cosine smaller by this. */
const SIGN_SHARE = Math.sqrt(2 / Math.PI)

/** Fewer mix the numbers of a short vector too little. */
const ROUNDS = 2

/** For each round and number a plus or minus, by chance, but always the same. */
const FLIPS = createHash('shake256', { outputLength: ROUNDS * MAX_DIMENSIONS / 8 })
  .update('memory-bridge vectors').digest()

/** Says which words and which model a vector is of. */
export function markOf (model: string, text: string): string {
  return hash('sha256', `${model}\n${text}`, 'base64url').slice(0, 12)
}

/** As it is stored. @param values - finite numbers, not all 0 */
export function storedVector (values: readonly number[], mark: string): string {
  const bits = Buffer.alloc(DIRECTIONS / 8)
  directionsOf(values).forEach((value, n) => { if (value >= 0) bits[n >> 3]! |= 1 << (n & 7) })
  return `${values.length} ${mark} ${bits.toString('base64url')}`
}

/**
 * Spreads the numbers of a vector over all directions, so that each says as much as any other. Angles between vectors
 * stay: these are Hadamard transforms after random changes of sign.
 *
 * @see https://arxiv.org/abs/2405.12497 RaBitQ, on how much the signs alone tell of a cosine
 */
function directionsOf (values: readonly number[]): Float64Array {
  const spread = new Float64Array(Math.max(DIRECTIONS, 2 ** Math.ceil(Math.log2(values.length))))
  spread.set(values)
  for (let round = 0; round < ROUNDS; round++) {
    const flips = FLIPS.subarray(round * MAX_DIMENSIONS / 8)
    spread.forEach((value, n) => { if (isSet(flips, n)) spread[n] = -value })
    transform(spread)
  }
  return spread.subarray(0, DIRECTIONS)
}

/** @see https://en.wikipedia.org/wiki/Fast_Walsh%E2%80%93Hadamard_transform */
function transform (values: Float64Array): void {
  for (let half = 1; half < values.length; half *= 2) {
    for (let block = 0; block < values.length; block += 2 * half) {
      for (let n = block; n < block + half; n++) {
        const one = values[n]!
        const other = values[n + half]!
        values[n] = one + other
        values[n + half] = one - other
      }
    }
  }
}

function isSet (bits: Uint8Array, n: number): boolean {
  return (bits[n >> 3]! >> (n & 7) & 1) === 1
}

/** By mark. */
export type StoredVectors = ReadonlyMap<string, string>

/**
 * How much a text is about what was asked: the cosine of their vectors, right to some hundredths. Null if its vector
 * has another length, and so cannot be compared.
 *
 * @param asked - the vector of the question
 */
export function cosineTo (asked: readonly number[]): (stored: string) => number | null {
  const directions = directionsOf(asked)
  const length = Math.sqrt(directions.reduce((sum, value) => sum + value * value, 0))
  const sums = byteSums(directions)
  const total = directions.reduce((sum, value) => sum + value, 0)
  const whole = SIGN_SHARE * length * Math.sqrt(DIRECTIONS)
  const start = `${asked.length} `
  return (stored) => {
    if (!stored.startsWith(start)) return null
    const bytes = Buffer.from(stored.slice(stored.lastIndexOf(' ') + 1), 'base64url')
    let set = 0
    for (let n = 0; n < bytes.length; n++) set += sums[n * 256 + bytes[n]!]!
    return Math.max(-1, Math.min(1, (2 * set - total) / whole))
  }
}

/** For each of the stored bytes, and each of its 256 values, the sum of the directions whose bits are set. */
function byteSums (directions: Float64Array): Float64Array {
  const sums = new Float64Array(DIRECTIONS / 8 * 256)
  for (let n = 0; n < sums.length; n++) {
    const lowest = n & -n & 255
    if (lowest > 0) sums[n] = sums[n - lowest]! + directions[(n >> 8) * 8 + 31 - Math.clz32(lowest)]!
  }
  return sums
}
