/** Builds the bridge from its plugins and routes. */
import { BlockList, isIPv6 } from 'node:net'
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import type { DestinationStream } from 'pino'
import adminGuard from '../plugins/admin-guard.ts'
import backfill from '../plugins/backfill.ts'
import callContext from '../plugins/call-context.ts'
import callerTokens from '../plugins/caller-tokens.ts'
import config from '../plugins/config.ts'
import connection from '../plugins/connection.ts'
import connectionsPlugin from '../plugins/connections.ts'
import cors from '../plugins/cors.ts'
import docs from '../plugins/docs.ts'
import drain from '../plugins/drain.ts'
import errorResponses, { sendError } from '../plugins/error-responses.ts'
import housekeeping from '../plugins/housekeeping.ts'
import learning from '../plugins/learning.ts'
import meanings from '../plugins/meanings.ts'
import openapi from '../plugins/openapi.ts'
import promptBuilder from '../plugins/prompt-builder.ts'
import schemaCompilers from '../plugins/schema-compilers.ts'
import status from '../plugins/status.ts'
import store from '../plugins/store.ts'
import strangerLog from '../plugins/stranger-log.ts'
import toolGuard from '../plugins/tool-guard.ts'
import tools from '../plugins/tools.ts'
import webhookGuard from '../plugins/webhook-guard.ts'
import backfillRoute from '../routes/api/backfill.ts'
import callerRoutes from '../routes/api/callers.ts'
import connectionRoutes from '../routes/api/connection.ts'
import factRoutes from '../routes/api/facts.ts'
import jobRoutes from '../routes/api/jobs.ts'
import memoryRoutes from '../routes/api/memory.ts'
import noteRoutes from '../routes/api/notes.ts'
import openItemRoutes from '../routes/api/open-items.ts'
import previewRoute from '../routes/api/preview.ts'
import sealRoute from '../routes/api/seal.ts'
import statusRoute from '../routes/api/status.ts'
import sweepRoute from '../routes/api/sweep.ts'
import healthRoutes from '../routes/health.ts'
import toolRoutes from '../routes/tools.ts'
import personalizeRoute from '../routes/webhook/personalize.ts'
import postCallRoute from '../routes/webhook/post-call.ts'
import { answerClientError } from './client-error.ts'
import { Connections } from './connections.ts'
import { createLogger } from './log.ts'
import { addAddresses } from './settings.ts'
import type { Disk } from './store/file/disk.ts'
import type { Store } from './store/store.ts'
import { VERSION } from './version.ts'

const MAX_ADMIN_BODY_BYTES = 64 * 1024

/** For a whole request, including its body. */
const REQUEST_TIMEOUT_MS = 30_000
const HEADERS_TIMEOUT_MS = 10_000
const TIMEOUT_CHECK_MS = 2_000

/** Limits memory and open files. The difference is for clients that have shown a secret. */
const MAX_CONNECTIONS = 2000
const MAX_STRANGERS = 1500

export interface AppOptions {
  /** For tests. Default: the process's environment. */
  env?: Record<string, string | undefined> | undefined
  /** For tests. Default: the store that the settings name. */
  store?: Store | undefined
  /** For tests, to do file work in the calling thread. Default: separate threads. */
  disk?: Disk | undefined
  now?: (() => Date) | undefined
  /** A clock that cannot be set. */
  monotonicMs?: (() => number) | undefined
  /** Longest wait for the storage at start. Default: two seconds. */
  storePatienceMs?: number | undefined
  /** For tests. As in `MeaningsParts`. */
  questionMs?: number | undefined
  /** How often to look for an edit of the soul. Default: each second. */
  soulPollMs?: number | undefined
  logOutput: DestinationStream
}

/**
 * The whole bridge, ready to listen or to be injected into. Rejects with `SettingsInvalid`, `SoulInvalid`,
 * `DataDirLocked`, `EncryptionKeyWrong` or `StorageUnavailable` if it cannot start.
 */
export async function buildApp (options: AppOptions): Promise<FastifyInstance> {
  const monotonicMs = options.monotonicMs ?? (() => performance.now())
  // Fastify needs this list before the settings are read. It is filled below.
  const proxies = new BlockList()
  const connections = new Connections(MAX_CONNECTIONS, MAX_STRANGERS)

  const app: FastifyInstance = Fastify({
    loggerInstance: createLogger(options.logOutput) as FastifyBaseLogger,
    // URLs contain phone hashes, and one line per call is enough, which the routes log.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_ADMIN_BODY_BYTES,
    // As long as Node's limit for the whole head, so that the schema of a parameter can refuse it.
    routerOptions: { maxParamLength: 16 * 1024 },
    serverFactory: (handle) => connections.createServer({
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      // Node would refuse it without a body; plugins/error-responses does it with one.
      requireHostHeader: false
    }, handle),
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => {
      sendError(error, request, reply).catch((err: unknown) => request.log.error({ err }))
    },
    // A call that arrives while the bridge stops still gets its response.
    return503OnClosing: false,
    trustProxy: (address) => proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
  })
  await app.register(schemaCompilers)
  await app.register(strangerLog)
  await app.register(connectionsPlugin, { connections })
  await app.register(errorResponses)
  await app.register(config, { env: options.env })
  app.log.level = app.config.LOG_LEVEL
  addAddresses(proxies, app.config.TRUST_PROXY)

  await app.register(callContext, { now: options.now })
  await app.register(drain)
  await app.register(cors)
  await app.register(openapi, { version: VERSION })
  await app.register(docs)
  await app.register(promptBuilder, { soulPollMs: options.soulPollMs })
  await app.register(callerTokens)
  await app.register(store, {
    store: options.store,
    disk: options.disk,
    patienceMs: options.storePatienceMs,
    onChange: app.config.EMBEDDINGS_MODEL === undefined ? undefined : (phoneHash) => app.meanings?.lookAt(phoneHash)
  })
  await app.register(connection)
  await app.register(learning)
  await app.register(meanings, { questionMs: options.questionMs })
  await app.register(tools)
  await app.register(backfill)
  await app.register(status, { monotonicMs })
  await app.register(housekeeping, { monotonicMs })

  await app.register(healthRoutes)
  await app.register(async function webhookScope (webhooks) {
    await webhooks.register(webhookGuard)
    await webhooks.register(personalizeRoute)
    await webhooks.register(postCallRoute)
  }, { prefix: '/webhook' })
  await app.register(async function toolScope (scope) {
    await scope.register(toolGuard)
    await scope.register(toolRoutes)
  }, { prefix: '/tools' })
  await app.register(async function adminScope (admin) {
    await admin.register(adminGuard)
    await admin.register(memoryRoutes)
    await admin.register(factRoutes)
    await admin.register(openItemRoutes)
    await admin.register(jobRoutes)
    await admin.register(noteRoutes)
    await admin.register(callerRoutes)
    await admin.register(previewRoute)
    await admin.register(statusRoute)
    await admin.register(sealRoute)
    await admin.register(sweepRoute)
    await admin.register(backfillRoute)
    await admin.register(connectionRoutes)
  }, { prefix: '/api' })
  return app
}
