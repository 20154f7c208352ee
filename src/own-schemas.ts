import type { Options } from 'ajv'

/**
 * Ajv options for our own schemas, which save time at start. A test validates the schemas; doing it here takes 30 ms
 * per
 * instance. Optimizing a check takes longer than compiling it, and makes it no faster.
 */
export const OWN_SCHEMAS = { validateSchema: false, code: { optimize: false } } as const satisfies Options
