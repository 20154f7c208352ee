import type { Turn } from '../../schemas/caller-record.ts'
import { loadLanguage, type Language } from '../recall/language.ts'

/**
 * Finds dates in the language of a call; none in a language that we do not know. It and the stemmers, stop words and
 * number words of seven languages are loaded with the first call, because the start needs none of them.
 */
export async function loadDates (turns: ReadonlyArray<Pick<Turn, 'text'>>): Promise<Language['parseDates']> {
  const { callLanguage } = await import('./conversation.ts')
  const { parseDates } = await loadLanguage(callLanguage(turns)?.code ?? 'und')
  return parseDates
}
