/** Settings that the bridge starts with, although something will not work. Pure. */
import type { Config } from '../../schemas/env.ts'
import { isLoopback, settingWarnings } from '../settings.ts'
import { findingsOf, type Finding } from './finding.ts'
import { MODELS_WITH_TOOLS } from './model-check.ts'

type SettingsFacts = Pick<Config,
  'PUBLIC_BASE_URL' | 'WEBHOOK_SECRET' | 'WEBHOOK_HEADER_SECRET' | 'ADMIN_API_KEY' | 'PHONE_HASH_KEY' |
  'LEARN_FROM_TRANSCRIPT' | 'OPENCLAW_MODEL'>

const { ok, warning, failure } = findingsOf('settings')

export function checkSettings (config: SettingsFacts): Finding[] {
  const { protocol, hostname } = new URL(config.PUBLIC_BASE_URL)
  const findings: Finding[] = settingWarnings(config).map((text) =>
    warning(`${text}.`, 'Set it to a long random text.'))
  if (isLoopback(hostname)) {
    findings.push(failure('PUBLIC_BASE_URL is an address of this machine only.',
      'Set it to the address at which ElevenLabs reaches the bridge.'))
  } else if (protocol !== 'https:') {
    findings.push(failure('PUBLIC_BASE_URL is not HTTPS: everybody on the way could read who calls.',
      'Put a TLS proxy in front of the bridge; see docs/setup.md.'))
  }
  if (config.WEBHOOK_SECRET.length === 0) {
    findings.push(failure('WEBHOOK_SECRET is not set: anybody can invent call ends.',
      'Set it to the secret of the post-call webhook, and restart the bridge.'))
  }
  if ([...config.WEBHOOK_SECRET, ...config.WEBHOOK_HEADER_SECRET].some((secret) => /^bearer\s/i.test(secret))) {
    findings.push(failure('A webhook secret begins with "Bearer", which is no part of it.', 'Take that word away.'))
  }
  if (config.LEARN_FROM_TRANSCRIPT && MODELS_WITH_TOOLS.includes(config.OPENCLAW_MODEL)) {
    findings.push(warning(`OPENCLAW_MODEL is ${config.OPENCLAW_MODEL}, an agent that can have a shell.`,
      'If that is OpenClaw, name an agent entry without tools, as docs/setup.md shows.'))
  }
  return findings.length === 0 ? [ok('All settings can be used.')] : findings
}
