/** Sealing what is stored with the first key of DATA_ENCRYPTION_KEY, page by page, shared as `fastify.sealPage`. */
import fp from 'fastify-plugin'
import { SealingOff } from '../src/errors.ts'
import { resealPage, type ResealedPage } from '../src/store/reseal.ts'
import { sealerFor } from '../src/store/sealer.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Rejects with `SealingOff` when there is no key. `after` is exclusive; null starts at the first caller. */
    sealPage: (after: string | null) => Promise<ResealedPage>
  }
}

/** Callers on a page: as many as a request may be held up by, also on a slow disk. */
const PAGE = 200

export default fp(async function sealPlugin (fastify) {
  const { store, config } = fastify
  const sealer = sealerFor(config.DATA_ENCRYPTION_KEY)
  fastify.decorate('sealPage', async (after: string | null) => {
    if (sealer === null) throw new SealingOff()
    return await resealPage(store, sealer, after, PAGE)
  })
}, { name: 'seal', dependencies: ['config', 'store'], fastify: '5.x' })
