import type { Turn } from '../../schemas/caller-record.ts'
import { loadLanguage, type Language } from '../recall/language.ts'
import { callLanguage } from './conversation.ts'

/** Finds dates in the language of a call; none in a language that we do not know. */
export async function loadDates (turns: ReadonlyArray<Pick<Turn, 'text'>>): Promise<Language['parseDates']> {
  const { parseDates } = await loadLanguage(callLanguage(turns)?.code ?? 'und')
  return parseDates
}
