import { runSuite } from '../run-suite.ts'

await runSuite(import.meta.url)
