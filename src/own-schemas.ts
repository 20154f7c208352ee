/** Options of every Ajv here, whose schemas are our own. */
import type { Options } from 'ajv'

/**
 * A test holds our schemas to JSON Schema; Ajv would do so again at each start, and for that compile the schema of
 * schemas, 30 ms an instance. Its optimization of a check takes longer than the check's compilation, and makes none
 * faster.
 */
export const OWN_SCHEMAS = { validateSchema: false, code: { optimize: false } } as const satisfies Options
