/** What the running bridge has noticed, and an operator should look at. */
import type { Config } from '../../schemas/env.ts'
import type { CallFacts, Warning } from '../../schemas/status.ts'
import { warningText } from '../log.ts'
import { isLoopback } from '../settings.ts'
import { DAY_MS } from '../time.ts'

/** Null when every webhook has a secret. It is no more than a hint while only this machine can reach them. */
export function openWebhooks (
  { WEBHOOK_SECRET: secrets, WEBHOOK_HEADER_SECRET: headerSecrets, HOST: host }:
  Pick<Config, 'WEBHOOK_SECRET' | 'WEBHOOK_HEADER_SECRET' | 'HOST'>
): { warning: Warning, isHint: boolean } | null {
  if (secrets.length > 0) return null
  const open = ['/webhook/post-call', ...(headerSecrets.length === 0 ? ['/webhook/personalize'] : [])]
  const warning: Warning = {
    code: 'webhooks_open',
    message: `WEBHOOK_SECRET is not set: ${open.join(' and ')} ${open.length === 1 ? 'is' : 'are'} open to ` +
      `anyone who reaches ${host}.`,
    remedy: 'Set WEBHOOK_SECRET and restart the bridge.'
  }
  return { warning, isHint: isLoopback(host) }
}

/** One foreign call may come first by chance, where the webhook is set for a whole workspace. */
const FOREIGN_CALLS = 3

const MODEL_FAILING_MS = 60 * 60_000

export function callWarnings (
  calls: Pick<CallFacts, 'starts' | 'foreign_starts' | 'waiting_since'>, now: Date
): Warning[] {
  const warnings: Warning[] = []
  if (calls.starts === 0 && calls.foreign_starts >= FOREIGN_CALLS) {
    warnings.push({
      code: 'foreign_agents_only',
      message: 'Call starts come, but all of them name other agents, or none: nobody gets a personal response.',
      remedy: 'Compare ELEVENLABS_AGENT_ID with the id of your agent.'
    })
  }
  if (isOlder(calls.waiting_since, DAY_MS, now)) {
    warnings.push({
      code: 'no_call_ends',
      message: `Calls have started since ${calls.waiting_since}, but no call end has come for a day.`,
      remedy: 'Look at the post-call webhook in ElevenLabs: it has to be selected, enabled, and signed with ' +
        'WEBHOOK_SECRET. Then fetch the missed calls with "memory-bridge backfill".'
    })
  }
  return warnings
}

/** @param failingSince - ISO 8601; null while the last request to the model worked */
export function modelWarnings (failingSince: string | null, now: Date): Warning[] {
  if (!isOlder(failingSince, MODEL_FAILING_MS, now)) return []
  return [{
    code: 'model_failing',
    message: `No request to the language model has worked since ${failingSince}.`,
    remedy: 'Check OPENCLAW_API_BASE_URL, OPENCLAW_API_KEY and OPENCLAW_MODEL; GET /api/jobs says what went wrong.'
  }]
}

export function jobWarnings (failed: number): Warning[] {
  if (failed === 0) return []
  return [{
    code: 'learning_failed',
    message: failed === 1 ? 'One call could not be learnt from.' : `${failed} calls could not be learnt from.`,
    remedy: 'GET /api/jobs?state=failed says why; POST /api/jobs/{job_id}/retry tries again.'
  }]
}

function isOlder (time: string | null, ms: number, now: Date): boolean {
  return time !== null && now.getTime() - Date.parse(time) >= ms
}

/** Logs a warning when it appears, once a day while it lasts, and when it is over. */
export function createWarningLog (log: Record<'info' | 'warn', (fields: object, message: string) => void>) {
  const loggedAtMs = new Map<Warning['code'], number>()

  return function look (warnings: readonly Warning[], now: Date): void {
    const nowMs = now.getTime()
    for (const code of loggedAtMs.keys()) {
      if (warnings.some((warning) => warning.code === code)) continue
      loggedAtMs.delete(code)
      log.info({ code }, 'a warning is over')
    }
    for (const warning of warnings) {
      const { code } = warning
      if (nowMs - (loggedAtMs.get(code) ?? -Infinity) < DAY_MS) continue
      loggedAtMs.set(code, nowMs)
      log.warn({ code }, warningText(warning))
    }
  }
}
