/** The admin API as an operator uses it. */
import type { Test } from 'tap'
import type { AppOptions } from '../../../src/app.ts'
import { admin, build, type AdminMethod } from '../../helper.ts'

export const NOW = '2026-11-22T09:30:00.000Z'
export const SECONDS = Date.parse(NOW) / 1000
export const HASH = '6ac255f14cbb1ba3c25b37061d7b1de58a1a4a1ce88ab04a3e2f4ea3ea0e9a77'
export const SOMETIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
export const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** An app whose clock stands at {@link NOW}, and a function that asks it: status and answer. */
export async function operator (t: Test, env: AppOptions['env'] = {}, now = () => new Date(NOW)) {
  const app = await build(t, env, { now })
  const ask = async (method: AdminMethod, path: string, payload?: object) => await admin(app, method, path, payload)
  return { app, ask }
}

/** An error answer as it must be, whole. */
export function fault (status: number, error: string, code: string, message: string) {
  return { status, body: { statusCode: status, code, error, message } }
}
