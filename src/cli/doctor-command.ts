/** `doctor`: looks at everything that a call needs, and says what to do. Changes nothing. */
import { diagnose } from '../doctor/diagnose.ts'
import { exitCodeOf, findingsOf, type Finding } from '../doctor/finding.ts'
import { gatherHost } from '../doctor/gather-host.ts'
import {
  gatherBridge, gatherPublic, pingEmbeddingsModel, pingLearningModel, reachAgentModel
} from '../doctor/gather-network.ts'
import { gatherWorkspace, type GatheredWorkspace } from '../doctor/gather-workspace.ts'
import { customLlmOf, type PingResult } from '../doctor/model-check.ts'
import { reportLines, summaryOf } from '../doctor/report.ts'
import { SoulInvalid } from '../errors.ts'
import { textOf } from '../json.ts'
import { VERSION } from '../version.ts'
import { readSoul } from './parts.ts'
import { addressOf } from './running-bridge.ts'
import type { Shell } from './shell.ts'

export interface DoctorOptions {
  settingsFile: string
  json?: true
}

/** Resolves to 0, 1 with warnings, 2 with failures. */
export async function doctorCommand (shell: Shell, options: DoctorOptions): Promise<number> {
  const { config, now, signal } = shell
  const url = addressOf(config)
  const findings = await shell.withProgress('Looking', async (show) => {
    show(0, 'at this machine and the bridge')
    const { host, lock } = await gatherHost(config, options.settingsFile)
    const { status, bridgeId, made } = await gatherBridge(url, config.ADMIN_API_KEY, signal)
    show(0.3, 'at ElevenLabs, the public address and the model')
    const [publicAddress, workspace, learningModel, embeddingsModel, soul] = await Promise.all([
      gatherPublic(config, { url, bridgeId }, now(), signal),
      gatherWorkspace(shell, config.ELEVENLABS_AGENT_ID, now(), signal),
      config.LEARN_FROM_TRANSCRIPT ? pingLearningModel(config, signal) : null,
      pingEmbeddingsModel(config, signal),
      readSoul(config).catch(soulFault)
    ])
    show(0.9, 'at the agents\' models')
    const agentModels = await reachModels(workspace, signal)
    const bridge = { url, version: VERSION, status, lock, now: now() }
    return diagnose({
      config,
      soul,
      host,
      bridge,
      made,
      publicAddress,
      workspace,
      learningModel,
      embeddingsModel,
      agentModels,
      now: now()
    })
  })
  return report(findings, options, shell.print)
}

/** For settings that the bridge would not start with, so that nothing else can be looked at. */
export function reportInvalidSettings (message: string, options: DoctorOptions, print: Shell['print']): number {
  const finding = findingsOf('settings').failure(message, 'Correct the settings, then run this again.')
  return report([finding], options, print)
}

function report (findings: Finding[], { json }: DoctorOptions, print: Shell['print']): number {
  const code = exitCodeOf(findings)
  if (json === true) {
    const worst = { 0: 'ok', 1: 'warning', 2: 'failure' }[code]
    print(JSON.stringify({ result: worst, findings }, null, 2))
  } else {
    reportLines(findings).forEach((line) => print(line))
    print('')
    print(summaryOf(findings))
  }
  return code
}

function soulFault (error: unknown): { fault: string } {
  if (!(error instanceof SoulInvalid)) throw error
  return { fault: error.message }
}

async function reachModels ({ details }: GatheredWorkspace, signal: AbortSignal): Promise<Record<string, PingResult>> {
  const reached = await Promise.all(details.map(async ({ id, config }) => {
    const llm = customLlmOf(config)
    return llm === null ? [] : [[id, await reachAgentModel(textOf(llm, 'url', 2000) ?? '', signal)] as const]
  }))
  return Object.fromEntries(reached.flat())
}
