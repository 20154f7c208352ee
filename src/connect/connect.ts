/**
 * Applies a plan, one step after another. Before each change, what was there is kept; an interruption ends it between
 * two steps, and the next run goes on.
 */
import type { Made } from '../../schemas/connection.ts'
import { CommandFailed } from '../errors.ts'
import type { ElevenLabs } from '../elevenlabs/management.ts'
import { fingerprint } from '../secrets.ts'
import { countOf, patchFor, type Change } from './changes.ts'
import { withChanges, withMade, withoutMade, type Kept } from './kept.ts'
import { placeOf, planConnection, type AgentStep, type Plan, type PlanLine } from './plan.ts'
import type { Wanted } from './wants.ts'
import { readAgent, readWorkspace } from './workspace.ts'

export interface ConnectParts {
  api: ElevenLabs
  /** Changes once the webhook's secret is in the settings file. */
  wanted: Wanted
  kept: Kept
  /** Makes it the first of WEBHOOK_SECRET in the settings file. */
  writeSecret: (secret: string) => Promise<void>
  /** Runs a step, or a reading, which may take long. */
  watch: <T>(work: () => Promise<T>) => Promise<T>
  /** Called after each step. */
  onDone: (what: string) => void
  signal: AbortSignal
}

export class Connecting {
  readonly #parts: ConnectParts

  constructor (parts: ConnectParts) {
    this.#parts = { ...parts }
  }

  get wanted (): Wanted {
    return this.#parts.wanted
  }

  /** Reads everything anew. */
  async plan (): Promise<Plan> {
    const { api, watch, wanted, kept } = this.#parts
    return planConnection(await watch(() => readWorkspace(api, wanted.agentIds)), wanted, kept.value)
  }

  /** Stores the secrets and makes the webhook, whose secret goes into the settings file. No call notices. */
  async prepare ({ secrets, newWebhook, enable }: Plan): Promise<void> {
    for (const step of secrets.filter(({ id }) => id === null)) await this.#step(() => this.#storeSecret(step))
    if (newWebhook !== null) await this.#step(() => this.#makeWebhook(newWebhook))
    if (enable !== null) await this.#step(() => this.#enableWebhook(enable))
  }

  /** Selects what was prepared: everything but the fetch switch. */
  async select ({ secrets, tools, settings, number }: Plan): Promise<void> {
    // One that is there is in use, so the bridge has to know its new value by now.
    for (const step of secrets) await this.#step(() => this.#storeSecret(step))
    for (const step of tools) await this.#step(() => this.#setTool(step))
    // The tools have ids now.
    const { agents } = await this.plan()
    if (settings.length > 0) await this.#step(() => this.#changeSettings(settings))
    for (const step of agents) await this.#step(() => this.#changeAgent(step))
    if (number !== null) await this.#step(() => this.#setNumber(number))
  }

  /** Last of all. */
  async switchOn ({ switches, oldWebhooks }: Plan): Promise<void> {
    const { api, kept } = this.#parts
    for (const step of switches) await this.#step(() => this.#changeAgent(step))
    for (const { id } of oldWebhooks) {
      await this.#step(async () => {
        await api.delete('webhook', id)
        await kept.save(withoutMade(kept.value, 'webhook', id))
        return `deleted the former call end webhook ${id}`
      })
    }
  }

  async #step (work: () => Promise<string>): Promise<void> {
    const { signal, watch, onDone } = this.#parts
    signal.throwIfAborted()
    onDone(await watch(work))
  }

  async #keepMade (made: Pick<Made, 'kind' | 'id' | 'name'> & Partial<Made>): Promise<void> {
    const { kept } = this.#parts
    await kept.save(withMade(kept.value, { fingerprint: null, is_ready: true, ...made }))
  }

  async #storeSecret ({ purpose, id, name, value }: Plan['secrets'][number]): Promise<string> {
    const { api } = this.#parts
    if (id !== null) await api.updateSecret(id, name, value)
    const stored = id ?? await api.createSecret(name, value)
    await this.#keepMade({ kind: 'secret', id: stored, name, fingerprint: fingerprint(value) })
    return `stored the secret of the ${purpose === 'header' ? 'call start webhook' : 'custom LLM'}`
  }

  async #makeWebhook ({ name, url }: NonNullable<Plan['newWebhook']>): Promise<string> {
    const { api, writeSecret, wanted } = this.#parts
    const { id, secret } = await api.createWebhook({ name, url })
    // It is never shown again, so it is written before anything else.
    try {
      await writeSecret(secret)
    } catch (error) {
      await api.delete('webhook', id)
      throw error
    }
    this.#parts.wanted = { ...wanted, webhookSecrets: [secret, ...wanted.webhookSecrets] }
    const made = { kind: 'webhook' as const, id, name, fingerprint: fingerprint(secret) }
    await this.#keepMade({ ...made, is_ready: false })
    await api.enableWebhook(id, name)
    await this.#keepMade(made)
    return `made the call end webhook ${id}, with retries`
  }

  async #enableWebhook ({ id, name }: NonNullable<Plan['enable']>): Promise<string> {
    const { api, kept } = this.#parts
    await api.enableWebhook(id, name)
    const made = kept.value.made.find((each) => each.kind === 'webhook' && each.id === id)
    if (made !== undefined) await this.#keepMade({ ...made, is_ready: true })
    return `switched the call end webhook ${id} on, with retries`
  }

  async #setTool ({ id, request }: Plan['tools'][number]): Promise<string> {
    const { api } = this.#parts
    const { name } = request.tool_config
    if (id !== null) {
      await api.updateTool(id, request)
      return `updated the tool ${name}`
    }
    await this.#keepMade({ kind: 'tool', id: await api.createTool(request), name })
    return `made the tool ${name}`
  }

  async #changeSettings (changes: Change[]): Promise<string> {
    const { api, kept } = this.#parts
    await kept.save(withChanges(kept.value, { target: 'settings', id: '', branch_id: null }, changes))
    await api.updateSettings(patchFor(await api.settings(), changes))
    return `changed ${countOf(changes)} of the workspace`
  }

  async #changeAgent ({ agent: { id, branch }, changes }: AgentStep): Promise<string> {
    const { api, kept } = this.#parts
    const agent = await readAgent(api, id)
    if (agent.branch?.id !== branch?.id) {
      throw new CommandFailed(`The traffic of ${placeOf(agent)} has moved to another branch meanwhile: run this again`)
    }
    // Lists are replaced, so they are sent as they are now.
    const target = { target: 'agent' as const, id, branch_id: branch?.id ?? null }
    await kept.save(withChanges(kept.value, target, changes))
    const patch = { ...patchFor(agent.config, changes), version_description: 'memory-bridge connect' }
    await api.updateAgent(id, branch?.id ?? null, patch)
    return `changed ${countOf(changes)} of ${placeOf(agent)}`
  }

  async #setNumber ({ id, number, agentId, before }: NonNullable<Plan['number']>): Promise<string> {
    const { api, kept, wanted: { phoneNumber } } = this.#parts
    if (id !== null) {
      const change = { path: ['agent_id'], is_item: false, had: true, before, after: agentId }
      await kept.save(withChanges(kept.value, { target: 'number', id, branch_id: null }, [change]))
      await api.assignNumber(id, agentId)
      return `assigned ${number} to ${agentId}`
    }
    if (phoneNumber?.twilio == null) {
      throw new CommandFailed(`${number} is not at ElevenLabs yet: set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN in ` +
        'the environment to import it, or import it in the dashboard')
    }
    const { twilio, acceptsSms } = phoneNumber
    const made = await api.importTwilioNumber(number, agentId, { ...twilio, acceptsSms })
    await this.#keepMade({ kind: 'number', id: made, name: number })
    return `imported ${number} for ${agentId}`
  }
}

/** What is still different after it was changed: ElevenLabs answers 200 also when it drops something. */
export function leftOver ({ lines }: Plan, isLast: boolean): PlanLine[] {
  const isLater = ({ what }: PlanLine) => what === 'fetch at call start' || what === 'former call end webhook'
  return isLast ? lines : lines.filter((line) => !isLater(line))
}
