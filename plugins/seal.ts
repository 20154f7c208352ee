import fp from 'fastify-plugin'
import { SealingOff } from '../src/errors.ts'
import { resealPage, type ResealedPage } from '../src/store/reseal.ts'
import { sealerFor } from '../src/store/sealer.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Seals a page. `after` is exclusive; null starts at the first caller. Throws `SealingOff` without a key. */
    sealPage: (after: string | null) => Promise<ResealedPage>
  }
}

/** Few enough that a request stays short on a slow disk. */
const PAGE_CALLERS = 200

export default fp(async function sealPlugin (fastify) {
  const { store, config } = fastify
  const sealer = sealerFor(config.DATA_ENCRYPTION_KEY)
  fastify.decorate('sealPage', async (after: string | null) => {
    if (sealer === null) throw new SealingOff()
    return await resealPage(store, sealer, after, PAGE_CALLERS)
  })
}, { name: 'seal', dependencies: ['config', 'store'], fastify: '5.x' })
