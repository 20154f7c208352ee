/**
 * What `connect` did at ElevenLabs, and the id of this bridge, shared as `fastify.connection`. The id is made once, in
 * the background: the start does not wait for the storage.
 */
import { randomUUID } from 'node:crypto'
import fp from 'fastify-plugin'
import type { Connection, ConnectionBody } from '../schemas/connection.ts'
import { newConnection } from '../src/connect/kept.ts'
import { StorageUnavailable } from '../src/errors.ts'
import { pauseInBackground } from '../src/time.ts'

declare module 'fastify' {
  interface FastifyInstance {
    connection: {
      /** Null until the storage could be read. */
      bridgeId: () => string | null
      load: () => Promise<Connection>
      save: (body: ConnectionBody) => Promise<Connection>
    }
  }
}

const RETRY_MS = 5000

export default fp(async function connectionPlugin (fastify) {
  const { store, log } = fastify
  const stop = new AbortController()
  let id: string | null = null

  async function update (change: (kept: Connection) => Connection): Promise<Connection> {
    const kept = await store.updateDocument('connection', (value) => {
      const next = change(value ?? newConnection(randomUUID()))
      return { value: next, result: next }
    })
    id = kept.bridge_id
    return kept
  }

  async function load (): Promise<Connection> {
    const kept = await store.loadDocument('connection') ?? await update((value) => value)
    id = kept.bridge_id
    return kept
  }

  async function readId (): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await load()
        return
      } catch (err) {
        // A damaged one was quarantined, so the next try makes a new id. Nothing here is worth ending the process.
        if (!(err instanceof StorageUnavailable)) log.error({ err }, 'what connect did at ElevenLabs cannot be read')
      }
      await pauseInBackground(RETRY_MS, stop.signal)
    }
  }

  fastify.decorate('connection', { bridgeId: () => id, load, save: (body) => update((kept) => ({ ...kept, ...body })) })

  fastify.addHook('onReady', async () => { void readId() })
  fastify.addHook('preClose', async () => { stop.abort() })
}, { name: 'connection', dependencies: ['store'], fastify: '5.x' })
