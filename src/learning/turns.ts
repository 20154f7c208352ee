/** What was said on a call, as it may be kept and sent to a model. Pure. */
import type { Turn } from '../../schemas/caller-record.ts'
import { cutText } from '../cut-text.ts'
import { MAX_TURN_CHARS, type SpokenTurn } from '../webhook/post-call-event.ts'

/** Characters of what was said that are kept of one call: some hour and a half. Of a longer one the end counts. */
export const MAX_SPOKEN_CHARS = 60_000

/** What was said, masked and numbered from 1. */
export function turnsFrom (spoken: SpokenTurn[], mask: (text: string) => string): Turn[] {
  const turns: Turn[] = []
  // From the end on: to mask what is not kept would cost a long call a good part of a second.
  for (let number = spoken.length, chars = 0; number > 0; number--) {
    const { role, text } = spoken[number - 1]!
    const turn = { number, role, text: cutText(mask(text), MAX_TURN_CHARS) }
    // A mask is shorter than what it stands for: what had to be read counts, too.
    chars += Math.max(turn.text.length, Math.min(text.length, MAX_TURN_CHARS))
    if (chars > MAX_SPOKEN_CHARS) break
    turns.unshift(turn)
  }
  return turns
}
