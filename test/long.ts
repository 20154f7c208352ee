/** Long forms of tests: `npm run test:all` runs them in full, `npm test` a short form of each. */
import { env } from 'node:process'

export const isLong = env['TESTS'] === 'all'

/** How often a property is tried, of `count` times in the long form. */
export const runs = (count: number) => isLong ? count : Math.ceil(count / 5)
