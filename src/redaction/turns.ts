/** Masks what only shows when turns are read together: a number in two turns, a PIN after the question for it. */
import { maskSpans, type MaskedSpan } from './masks.ts'
import { numbersIn } from './redact.ts'
import { answeredSecrets } from './secrets.ts'

interface SpokenTurn {
  role: 'user' | 'agent'
  text: string
}

/** Turns that are too far back to be kept are not looked at. */
const MAX_CHARS = 120_000

/** How a speaker goes on with a number. */
const GOING_ON = new RegExp('^(?:(?:and|then|yes|yeah|right|exactly|okay|ok|uh|so|well|y|luego|después|sí|eso|exacto|' +
  'et|puis|ensuite|oui|voilà|exactement|und|dann|ja|genau|weiter|e|depois|sim|isso|exato|poi|quindi|sì|esatto|en|dan|' +
  'klopt|precies)[\\s,.]+)*', 'iu')

/** @param setting - REDACT */
export function turnsRedactorFor (setting: 'on' | 'off'): <T extends SpokenTurn>(turns: T[]) => T[] {
  return setting === 'on' ? redactTurns : (turns) => turns
}

/** Masks parts of numbers that go on in the speaker's next turn, and answers to a question for a PIN or password. */
export function redactTurns<T extends SpokenTurn> (turns: T[]): T[] {
  let chars = 0
  const recent = turns.findLastIndex(({ text }) => (chars += text.length) > MAX_CHARS) + 1
  const spans = new Map<number, MaskedSpan[]>()
  const add = (at: number, more: MaskedSpan[]) => spans.set(at, [...spans.get(at) ?? [], ...more])
  for (const role of ['user', 'agent'] as const) {
    for (const [at, part] of splitNumbers(turns, recent, role)) add(at, [part])
  }
  for (let at = Math.max(1, recent); at < turns.length; at++) {
    const [question, answer] = [turns[at - 1]!, turns[at]!]
    if (question.role === 'agent' && answer.role === 'user') add(at, answeredSecrets(question.text, answer.text))
  }
  return turns.map((turn, at) => {
    const own = spans.get(at)
    return own === undefined || own.length === 0 ? turn : { ...turn, text: maskSpans(turn.text, own) }
  })
}

/** The parts of numbers that lie in more than one turn of a speaker. */
function splitNumbers (
  turns: SpokenTurn[], recent: number, role: SpokenTurn['role']
): Array<[at: number, part: MaskedSpan]> {
  let text = ''
  const pieces = turns.flatMap((turn, at) => {
    if (at < recent || turn.role !== role) return []
    const skipped = GOING_ON.exec(turn.text)?.[0].length ?? 0
    const begin = text.length
    text += `${turn.text.slice(skipped).trimEnd()} `
    return [{ at, begin, end: text.length - 1, skipped }]
  })
  return numbersIn(text).flatMap(({ from, to, mask }) => {
    const parts = pieces.filter(({ begin, end }) => begin < to && end > from)
    return parts.length < 2
      ? []
      : parts.map(({ at, begin, end, skipped }): [number, MaskedSpan] => {
        const shift = skipped - begin
        return [at, { from: Math.max(from, begin) + shift, to: Math.min(to, end) + shift, mask }]
      })
  })
}
