/** The public address: does it lead here, and for how long? Pure. */
import { findingsOf, type Finding } from './finding.ts'
import type { PublicFacts } from './gather-network.ts'

const FEW_DAYS = 21

/** Signatures are accepted within 30 minutes. The Date header has whole seconds, and requests take time. */
const SKEW_SECS = 60
const MAX_SKEW_SECS = 25 * 60

export function checkPublicAddress (facts: PublicFacts): Finding[] {
  return [checkAddress(facts), ...checkWebhooks(facts), ...checkCertificate(facts), ...checkClock(facts)]
}

function checkAddress ({ url, health, bridgeId }: PublicFacts): Finding {
  const { ok, warning, failure } = findingsOf('public address')
  if ('fault' in health) {
    return failure(`${url} cannot be reached from here: ${health.fault}.`,
      'Check the proxy, the firewall and the DNS entry. Some networks cannot reach their own public address: then ' +
      'try from elsewhere.')
  }
  const { status, bridgeId: found } = health
  if (status !== 200) {
    return failure(`${url}/health responds with ${status}.`, 'Let the proxy pass requests on to the bridge unchanged.')
  }
  if (found === null) {
    return failure(`${url} is not a memory bridge, or an older one.`, 'Check PUBLIC_BASE_URL and the proxy.')
  }
  if (bridgeId === null) {
    return warning(`${url} is a bridge; whether it is this one is not known.`, 'Start the bridge.')
  }
  if (found !== bridgeId) return failure(`${url} is another bridge.`, 'Check PUBLIC_BASE_URL and the proxy.')
  return ok(`${url} is this bridge.`)
}

function checkWebhooks ({ webhooks }: PublicFacts): Finding[] {
  const { ok, failure } = findingsOf('webhooks')
  if (webhooks === null) return []
  if (webhooks.state === 'ready') return [ok('They take the secrets of these settings, and nothing else.')]
  return [webhooks.state === 'restart'
    ? failure('The running bridge has other secrets than these settings.',
      'Restart it, or run this with its settings.')
    : failure(`${webhooks.reason}.`, 'Let the proxy pass /webhook/ on to the bridge unchanged.')]
}

function checkCertificate ({ certificateDays: days }: PublicFacts): Finding[] {
  const { ok, warning, failure } = findingsOf('certificate')
  if (days === null) return []
  const remedy = 'Renew it, and see why that does not happen by itself.'
  if (days < 0) return [failure('It has ended: ElevenLabs cannot call the bridge.', remedy)]
  if (days < FEW_DAYS) return [warning(`It ends in ${Math.floor(days)} days.`, remedy)]
  return [ok(`It lasts ${Math.floor(days)} more days.`)]
}

function checkClock ({ clockAheadSecs: secs }: PublicFacts): Finding[] {
  const { ok, warning, failure } = findingsOf('clock')
  if (secs === null) return []
  if (Math.abs(secs) < SKEW_SECS) return [ok('It is right.')]
  const off = `It is ${Math.abs(Math.round(secs))} seconds ${secs > 0 ? 'ahead' : 'behind'}.`
  const remedy = 'Set it, and switch on NTP: signatures are only accepted within 30 minutes.'
  return [Math.abs(secs) < MAX_SKEW_SECS ? warning(off, remedy) : failure(off, remedy)]
}
