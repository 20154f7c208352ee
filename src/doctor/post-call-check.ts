/** The post-call webhook at ElevenLabs. Pure. */
import type { Made } from '../../schemas/connection.ts'
import type { Webhook } from '../elevenlabs/management.ts'
import { fieldsOf, textOf, type Fields } from '../json.ts'
import { fingerprint } from '../secrets.ts'
import { DAY_SECS } from '../time.ts'
import type { AgentFacts } from './agent-check.ts'
import { addressFault, CONNECT, findingsOf, type Finding } from './finding.ts'

export interface PostCallFacts extends Pick<AgentFacts, 'name' | 'config' | 'settings' | 'publicUrl' | 'made'> {
  webhooks: readonly Webhook[]
  /** WEBHOOK_SECRET */
  secrets: readonly string[]
  now: Date
}

export function checkPostCall (facts: PostCallFacts): Finding[] {
  const { name: agent, config, settings, webhooks, publicUrl, secrets, made, now } = facts
  const { ok, warning, failure } = findingsOf('call end webhook')
  const own = fieldsOf(fieldsOf(fieldsOf(config, 'platform_settings'), 'workspace_overrides'), 'webhooks')
  const shared = fieldsOf(settings, 'webhooks')
  const chosen = textOf(own, 'post_call_webhook_id') === null ? shared : own
  const id = textOf(chosen, 'post_call_webhook_id')
  const expected = `${publicUrl}/webhook/post-call`
  if (id === null) {
    const isThere = webhooks.some(({ url }) => url === expected)
    return [failure(isThere
      ? `There is one for the bridge, but neither ${agent} nor the workspace has selected it.`
      : `Neither ${agent} nor the workspace has one: no call is reported.`, CONNECT)]
  }
  const webhook = webhooks.find((each) => each.id === id)
  if (webhook === undefined) return [failure(`The one that ${agent} has selected is gone (${id}).`, CONNECT)]
  const fault = addressFault(webhook.url, expected)
  if (fault !== null) {
    return [failure(`The address of the one that ${agent} has selected ${fault}.`,
      `${CONNECT} Or correct PUBLIC_BASE_URL.`)]
  }
  const ours = made.find((each) => each.id === id)
  const findings = [
    ...checkState(webhook), ...checkSecret(ours), ...checkEvents(chosen), ...checkFailure(webhook, now)
  ]
  if (findings.length > 0) return findings
  return [ok(`${agent} reports its calls.` + (ours === undefined
    ? ' (Its secret, and whether retries are on, cannot be read.)'
    : ' Its secret is right, and connect has turned retries on.'))]

  function checkState ({ isDisabled, isAutoDisabled, authType }: Webhook): Finding[] {
    if (isAutoDisabled) {
      return [failure('ElevenLabs has switched it off after ten failures in a row.',
        `Find out why the bridge failed, then run memory-bridge connect, which enables it; ${BACKFILL}`)]
    }
    if (isDisabled) return [failure('It is switched off.', `${CONNECT} Then ${BACKFILL}`)]
    if (authType !== 'hmac') return [failure(`It is not signed with HMAC, but ${authType}.`, CONNECT)]
    return []
  }

  function checkSecret (ours: Made | undefined): Finding[] {
    if (ours === undefined) return []
    return [
      ...(secrets.some((secret) => fingerprint(secret) === ours.fingerprint)
        ? []
        : [failure('Its secret is not in WEBHOOK_SECRET: call ends are refused.', CONNECT)]),
      ...(ours.is_ready ? [] : [warning('Its retries are not on: a call end that fails is lost.', CONNECT)])
    ]
  }

  function checkEvents (chosen: Fields): Finding[] {
    const { events } = chosen
    if (!Array.isArray(events)) return []
    const sendsAudio = events.includes('audio') || chosen['send_audio'] === true
    return [
      ...(events.includes('transcript')
        ? []
        : [failure('It does not send transcripts, so no call is reported.', CONNECT)]),
      ...(sendsAudio ? [warning('It sends audio, which the bridge throws away.', CONNECT)] : []),
      ...(chosen['transcript_format'] === undefined || chosen['transcript_format'] === 'json'
        ? []
        : [failure('It does not send JSON as the bridge reads it (transcript_format).', CONNECT)])
    ]
  }

  /** ElevenLabs does not tell how many failures in a row there were, nor when it last worked. */
  function checkFailure ({ lastFailure }: Webhook, now: Date): Finding[] {
    const { atSeconds: at = null, status = null } = lastFailure ?? {}
    if (at === null || now.getTime() / 1000 - at >= DAY_SECS) return []
    return [warning(
      `It failed at ${new Date(at * 1000).toISOString()}${status === null ? '' : ` with ${status}`}. ` +
      'After ten failures in a row, ElevenLabs can switch it off.',
      `${WHAT_TO_DO[status ?? 0] ?? 'Read the log of the bridge and of the proxy at that time.'} Then ${BACKFILL}`)]
  }
}

const BACKFILL = 'fetch the missed calls with memory-bridge backfill.'

const WHAT_TO_DO: Record<number, string> = {
  401: 'Put its secret into WEBHOOK_SECRET, and restart the bridge.',
  404: 'Let the proxy pass /webhook/post-call on unchanged.',
  413: 'Let the proxy accept bodies of 25 MB.'
}
