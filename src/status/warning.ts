/** What the running bridge has noticed and an operator should look at. */
import type { Static } from '@sinclair/typebox'
import type { WarningSchema } from '../../schemas/status.ts'

export type Warning = Static<typeof WarningSchema>

export function warningText ({ message, remedy }: Pick<Warning, 'message' | 'remedy'>): string {
  return `${message} ${remedy}`
}
