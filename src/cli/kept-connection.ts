/** What `connect` keeps with the data: through the running bridge, or in the store when none runs. */
import { randomUUID } from 'node:crypto'
import type { Connection } from '../../schemas/connection.ts'
import { newConnection, type Kept } from '../connect/kept.ts'
import { CommandFailed, DataDirLocked } from '../errors.ts'
import type { Fields } from '../json.ts'
import type { Store } from '../store/store.ts'
import { openForWriting } from './open-data.ts'
import { askBridge } from './running-bridge.ts'
import type { Shell } from './shell.ts'

const PATH = '/api/connection'

/** Frees the lock when the work ends. */
export async function withConnection<T> (shell: Shell, work: (connection: KeptConnection) => Promise<T>): Promise<T> {
  const connection = new KeptConnection(shell)
  try {
    await connection.load()
    return await work(connection)
  } finally {
    await connection.release()
  }
}

export class KeptConnection implements Kept {
  readonly #shell: Shell
  /** Stays open between two steps; a bridge that is started meanwhile would find it locked. */
  #store: Store | null = null
  value = newConnection('')

  /** An interruption does not end it: what was done at ElevenLabs has to be known. */
  constructor (shell: Shell) {
    this.#shell = { ...shell, signal: new AbortController().signal }
  }

  async load (): Promise<void> {
    this.value = await this.#change(null)
  }

  async save ({ made, changed }: Connection): Promise<void> {
    this.value = await this.#change({ made, changed })
  }

  /** Frees the lock. The next use opens the store again, if there is still no bridge. */
  async release (): Promise<void> {
    const store = this.#store
    this.#store = null
    await store?.close()
  }

  async #change (next: Pick<Connection, 'made' | 'changed'> | null): Promise<Connection> {
    if (this.#store === null) {
      try {
        // Before the lock is tried: a command run as root reaches a bridge whose data it must not open.
        return await this.#ask('The bridge has the data', next)
      } catch (error) {
        // None runs there, or another one: then the lock tells.
        if (!(error instanceof CommandFailed)) throw error
      }
      try {
        this.#store = await openForWriting(this.#shell)
      } catch (error) {
        if (!(error instanceof DataDirLocked)) throw error
        return await this.#ask(error.message, next)
      }
    }
    return await this.#store.updateDocument('connection', (value) => {
      const kept = { ...value ?? newConnection(randomUUID()), ...next }
      return { value: kept, result: kept }
    })
  }

  async #ask (holder: string, next: object | null): Promise<Connection> {
    const { bridge_id: id, made, changed }: Fields = next === null
      ? await askBridge(this.#shell, holder, PATH, undefined, 'GET')
      : await askBridge(this.#shell, holder, PATH, next, 'PUT')
    const kept = { version: 1, bridge_id: id, made, changed }
    if (!this.#shell.checks.documents.connection(kept)) {
      throw new CommandFailed('The running bridge is of another version')
    }
    return kept
  }
}
