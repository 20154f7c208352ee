/** Number words in English, Spanish, French, German, Portuguese, Italian and Dutch. */
import { toCardinal as inDutch } from 'n2words/nl-NL'
import { toCardinal as inEnglish } from 'n2words/en-US'
import { toCardinal as inFrench } from 'n2words/fr-FR'
import { toCardinal as inGerman } from 'n2words/de-DE'
import { toCardinal as inItalian } from 'n2words/it-IT'
import { toCardinal as inPortuguese } from 'n2words/pt-PT'
import { toCardinal as inSpanish } from 'n2words/es-ES'

/** Brazilian words where n2words has the European ones. */
const BRAZILIAN: Array<[string, number]> = [
  ['dezesseis', 16], ['dezessete', 17], ['dezenove', 19], ['quatorze', 14], ['duas', 2]
]

/** From zero to 99, by their words with a space between, with accents and without. */
export const NUMBER_WORDS: ReadonlyMap<string, number> = new Map([
  ...[inEnglish, inSpanish, inFrench, inGerman, inPortuguese, inItalian, inDutch].flatMap((toWords) =>
    Array.from({ length: 100 }, (_, n) => [toWords(n), n] as const).flatMap(([text, n]) => {
      const plain = text.normalize('NFC').replace(/-/g, ' ')
      return [[plain, n], [plain.normalize('NFD').replace(/\p{M}/gu, ''), n]] as const
    })),
  ...BRAZILIAN
])
