/**
 * Seals and opens caller tokens, shared as `fastify.callerTokens`. Without CALLER_TOKEN_KEY, each process makes a key
 * of its own; bridges that share a database then have no tools.
 */
import { randomBytes } from 'node:crypto'
import fp from 'fastify-plugin'
import type { Warning } from '../schemas/status.ts'
import { warningText } from '../src/log.ts'
import { createCallerTokens, NO_TOKENS, type CallerTokens } from '../src/tools/caller-token.ts'

declare module 'fastify' {
  interface FastifyInstance {
    callerTokens: CallerTokens & { warnings: Warning[] }
  }
}

export default fp(async function callerTokensPlugin (fastify) {
  const { config, log } = fastify
  const [first = randomBytes(32).toString('base64'), ...others] = config.CALLER_TOKEN_KEY
  const isOff = config.CALLER_TOKEN_KEY.length === 0 && config.DATABASE_URL !== undefined
  const tokens = isOff
    ? NO_TOKENS
    : createCallerTokens([first, ...others], config.CALLER_TOKEN_HOURS, config.PHONE_HASH_KEY)
  const warnings: Warning[] = isOff
    ? [{
        code: 'tools_off',
        message: 'CALLER_TOKEN_KEY is not set: with DATABASE_URL, the tools are off.',
        remedy: 'Set the same CALLER_TOKEN_KEY for every bridge, and restart them.'
      }]
    : []
  if (isOff) log.warn(warnings.map(warningText).join())
  else if (config.CALLER_TOKEN_KEY.length === 0) {
    log.info('CALLER_TOKEN_KEY is not set: after a restart, the tools refuse calls that began before it')
  }
  fastify.decorate('callerTokens', { ...tokens, warnings })
}, { name: 'caller-tokens', dependencies: ['config'], fastify: '5.x' })
