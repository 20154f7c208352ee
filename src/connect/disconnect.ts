/** Takes back what `connect` did, and nothing else, in the opposite order. */
import type { Changed, Connection, Made } from '../../schemas/connection.ts'
import type { ElevenLabs } from '../elevenlabs/management.ts'
import type { Fields } from '../json.ts'
import { countOf, undoPatchFor, undoStateOf } from './changes.ts'
import { withoutChanges, withoutMade, type Kept } from './kept.ts'

export interface DisconnectParts {
  api: ElevenLabs
  kept: Kept
  onDone: (what: string) => void
  /** Something that stays, and why. */
  onLeft: (what: string) => void
  signal: AbortSignal
}

/** A line for each thing that would be taken back. */
export function disconnectLines ({ made, changed }: Connection): string[] {
  return [
    ...changed.toReversed().map(({ target, id, path, is_item: isItem, after }) =>
      `${target} ${id}`.trim() + `: ${path.join('.')}` + (isItem ? ` without ${String(after)}` : ' as before')),
    ...made.toReversed().map(({ kind, name, id }) => `${kind} ${name} (${id}): deleted`)
  ]
}

export async function disconnect ({ api, kept, onDone, onLeft, signal }: DisconnectParts): Promise<void> {
  const { made, changed } = kept.value
  // The fetch switch was the last change, so it is the first to go.
  for (const group of groups(changed.toReversed())) {
    signal.throwIfAborted()
    await undo(group)
  }
  for (const { kind, id, name } of made.toReversed().sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind))) {
    signal.throwIfAborted()
    const isThere = await api.delete(kind, id)
    await kept.save(withoutMade(kept.value, kind, id))
    onDone(isThere ? `deleted the ${kind} ${name}` : `the ${kind} ${name} was gone already`)
  }

  async function undo (group: Changed[]): Promise<void> {
    const { target, id, branch_id: branchId } = group[0]!
    const place = target === 'settings' ? 'the workspace' : `${target} ${id}`
    const config = await read(target, id, branchId)
    if (config === null) {
      onLeft(`${place} does not exist any more`)
    } else {
      const ours = group.filter((change) => undoStateOf(config, change) === 'ours')
      if (ours.length > 0) await write(target, id, branchId, config, ours)
      const after = await read(target, id, branchId) ?? {}
      for (const change of group) {
        const isKept = ours.includes(change) && undoStateOf(after, change) === 'ours'
        if (isKept) onLeft(`${place}: ElevenLabs keeps ${change.path.join('.')}, remove it in the dashboard`)
        else if (undoStateOf(after, change) === 'changed') {
          onLeft(`${place}: ${change.path.join('.')} was changed since, and stays as it is`)
        }
      }
      onDone(`put ${countOf(ours)} of ${place} back`)
    }
    await kept.save(withoutChanges(kept.value, group))
  }

  async function read (target: Changed['target'], id: string, branchId: string | null): Promise<Fields | null> {
    if (target === 'settings') return await api.settings()
    if (target === 'agent') return await api.agent(id, branchId)
    const number = (await api.phoneNumbers()).find((each) => each.id === id)
    return number === undefined ? null : { agent_id: number.agentId }
  }

  async function write (
    target: Changed['target'], id: string, branchId: string | null, config: Fields, changes: Changed[]
  ): Promise<void> {
    const patch = undoPatchFor(config, changes)
    if (target === 'settings') await api.updateSettings(patch)
    else if (target === 'agent') await api.updateAgent(id, branchId, { ...patch, version_description: DESCRIPTION })
    else await api.assignNumber(id, typeof patch['agent_id'] === 'string' ? patch['agent_id'] : null)
  }
}

/** Of the agent, in ElevenLabs' list of its versions. */
const DESCRIPTION = 'memory-bridge disconnect'

/** What uses something goes before it. */
const ORDER: Array<Made['kind']> = ['number', 'tool', 'webhook', 'secret']

/** Changes of one agent's branch, the workspace, or one number: one PATCH each. */
function groups (changed: Changed[]): Changed[][] {
  const key = ({ target, id, branch_id: branch }: Changed) => JSON.stringify([target, id, branch])
  return [...new Set(changed.map(key))].map((each) => changed.filter((change) => key(change) === each))
}
