/** What the running bridge has noticed and an operator should look at. */
export interface Warning {
  /** For monitoring: it stays the same while the words may change. */
  code:
    | 'storage_unavailable'
    | 'webhooks_open'
    | 'tools_off'
    | 'sweep_stopped'
    | 'model_unreachable'
    | 'elevenlabs_unreachable'
    | 'model_failing'
    | 'foreign_agents_only'
    | 'no_call_ends'
    | 'learning_failed'
  /** Whole sentences, without numbers of callers or anything they said. */
  message: string
  /** What to do, in whole sentences. */
  remedy: string
}

export function warningText ({ message, remedy }: Pick<Warning, 'message' | 'remedy'>): string {
  return `${message} ${remedy}`
}
