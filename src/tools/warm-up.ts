/**
 * Plays the tools on a made-up caller. V8 compiles patterns at their first two uses, and a language is loaded at its
 * first, so that the first callers after a start would hold up all others for a quarter of a second.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Caller } from '../caller/caller.ts'
import { createTools, type ToolsContext } from './tools.ts'
import type { ToolOutcome } from './tool-change.ts'

const TOKEN = {
  phoneHash: '0'.repeat(64),
  conversationId: 'warm-up',
  ids: { conversationId: 'warm-up', callSid: null },
  issuedAt: '1970-01-01T00:00:00.000Z'
}

/** The store and the log of `ctx` are not used. Resolves to what came of each use. */
export async function warmUpTools (ctx: ToolsContext): Promise<ToolOutcome[]> {
  let caller: Caller = { record: null, erasedAt: null }
  const store: ToolsContext['store'] = {
    driver: 'files',
    load: async () => caller,
    update: async (_phoneHash, change) => {
      const { caller: changed, result } = change(caller)
      caller = changed
      return result
    }
  }
  const tools = createTools({ ...ctx, meanings: null, store, log: { info: () => {}, error: () => {} } })
  const outcomes: ToolOutcome[] = []
  for (let round = 0; round < 2; round++) {
    for (const use of [
      () => tools.remember(TOKEN, 'Keeps a spare key'),
      () => tools.recall(TOKEN, 'spare key'),
      () => tools.correct(TOKEN, 'spare key', 'Keeps a spare key and a pen'),
      () => tools.forget(TOKEN, 'pen', false)
    ]) {
      outcomes.push((await use()).outcome)
      await nextTurn()
    }
  }
  return outcomes
}
