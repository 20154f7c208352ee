import type { Options } from 'ajv'

/**
 * Ajv options that save time at start. A test validates our schemas; doing it here takes 30 ms per instance. Optimizing
 * a check takes longer than compiling it, and makes it no faster.
 */
export const OWN_SCHEMAS = { validateSchema: false, code: { optimize: false } } as const satisfies Options
