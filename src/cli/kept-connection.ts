/** What `connect` keeps with the data: through the running bridge, or in the store when none runs. */
import { randomUUID } from 'node:crypto'
import type { Connection } from '../../schemas/connection.ts'
import { newConnection } from '../connect/kept.ts'
import { CommandFailed } from '../errors.ts'
import type { Fields } from '../json.ts'
import { withData } from './open-data.ts'
import { askBridge } from './running-bridge.ts'
import type { Shell } from './shell.ts'

const PATH = '/api/connection'

export async function loadConnection (shell: Shell): Promise<Connection> {
  return await change(shell, (kept) => kept, (ask) => ask(PATH, undefined, 'GET'))
}

/** Durable. An interruption does not end it: what was done at ElevenLabs has to be known. */
export async function saveConnection (shell: Shell, { made, changed }: Connection): Promise<void> {
  const uninterrupted = { ...shell, signal: new AbortController().signal }
  await change(uninterrupted, (kept) => ({ ...kept, made, changed }), (ask) => ask(PATH, { made, changed }, 'PUT'))
}

type Ask = (path: string, body: object | undefined, method: 'GET' | 'PUT') => Promise<Fields>

async function change (
  shell: Shell, ofStore: (kept: Connection) => Connection, ofBridge: (ask: Ask) => Promise<Fields>
): Promise<Connection> {
  const { config, checks } = shell
  const read = ({ bridge_id: id, made, changed }: Fields): Connection => {
    const kept = { version: 1, bridge_id: id, made, changed }
    if (!checks.documents.connection(kept)) throw new CommandFailed('The running bridge is of another version')
    return kept
  }
  // A command run as root reaches a bridge whose data it must not open.
  if (config.ADMIN_API_KEY !== undefined && config.PORT !== 0) {
    try {
      const ask: Ask = (path, body, method) => askBridge(shell, 'The bridge has the data', path, body, method)
      return read(await ofBridge(ask))
    } catch (error) {
      // None runs there, or another one: then the lock tells.
      if (!(error instanceof CommandFailed)) throw error
    }
  }
  return await withData(shell, {
    onStore: async (store) => await store.updateDocument('connection', (value) => {
      const kept = ofStore(value ?? newConnection(randomUUID()))
      return { value: kept, result: kept }
    }),
    onBridge: async (ask) => read(await ofBridge(ask))
  })
}
