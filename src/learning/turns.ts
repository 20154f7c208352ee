import type { Turn } from '../../schemas/caller-record.ts'
import { cutText } from '../json.ts'
import { MAX_TURN_CHARS, type SpokenTurn } from '../webhook/post-call-event.ts'

/** Characters kept of one call, about an hour and a half. The end of a longer call is kept. */
export const MAX_SPOKEN_CHARS = 60_000

/** The turns as they may be stored and sent to a model: masked, cut and numbered from 1. */
export function turnsFrom (spoken: SpokenTurn[], mask: (text: string) => string): Turn[] {
  const turns: Turn[] = []
  // Backwards from the end, because masking turns that are not kept takes up to a second for a long call.
  for (let number = spoken.length, chars = 0; number > 0; number--) {
    const { role, text } = spoken[number - 1]!
    const turn = { number, role, text: cutText(mask(text), MAX_TURN_CHARS) }
    // A mask may be shorter than the number, so the longer text counts: that bounds the work, too.
    chars += Math.max(turn.text.length, Math.min(text.length, MAX_TURN_CHARS))
    if (chars > MAX_SPOKEN_CHARS) break
    turns.unshift(turn)
  }
  return turns
}
