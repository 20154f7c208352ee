/** PINs and passwords that are said aloud, in seven languages. */
import { matchesIn } from '../matches.ts'
import { digitRuns, type Span } from './digit-runs.ts'
import { MASKS, type MaskedSpan } from './masks.ts'

const word = (pattern: string) => `(?<![\\p{L}\\p{N}])(?:${pattern})(?![\\p{L}\\p{N}])`

/** What has a value in digits. */
const PIN_NAMES = [
  'pin(?:[- ]?(?:number|code|nummer))?|pincode|passcode|cvv|cvc|(?:security|access|door|verification|secret) code',
  'código (?:pin|secreto|de seguridad|de acceso|de verificación)|clave (?:numérica|secreta|de acceso)',
  'code (?:pin|secret|confidentiel|de sécurité|d[\'’]accès|de vérification)',
  'geheimzahl|(?:sicherheits|zugangs|geheim|tür)code|prüfnummer|pin[- ]?zahl',
  'código (?:secreto|de segurança|de acesso|de verificação)|senha (?:numérica|do cartão)',
  'codice (?:pin|segreto|di sicurezza|di accesso|di verifica)',
  '(?:beveiligings|toegangs|deur)code'
].join('|')

const PASSWORD_NAMES = 'passwords?|passphrase|pass word|code ?word|contraseña|palabra clave|clave|mot de passe|' +
  'passwort|kennwort|codewort|losungswort|senha|palavra[- ]passe|parola d[\'’]ordine|parola chiave|' +
  'wachtwoord|paswoord|codewoord'

const IS = 'is|was|would be|es|era|est|c[\'’]est|était|ist|war|lautet|heißt|é|è|luidt'

/** At most 40 characters between the name and the digits, none of them a digit or the end of a sentence. */
const NAMES_PIN = new RegExp(`${word(PIN_NAMES)}[^\\p{Nd}.!?\\]]{0,40}$`, 'iu')
const NAME_CHARS = 80

/** "1234 is my PIN". */
const PIN_AFTER = new RegExp(
  `^[\\s,]*${word(IS)}\\s(?:my|the|mi|el|mon|le|meine?|der|o meu|a minha|il mio|mijn|de)\\s${word(PIN_NAMES)}`, 'iu'
)

const SHORTEST_PIN = 3
const LONGEST_PIN = 8

/** Words after "the password is" that are no password. */
const NO_PASSWORD = word(
  'not|no|n[\'’]t|wrong|right|correct|incorrect|expired|too|very|invalid|the|an?|my|in|on|for|required|' +
  'protected|needed|missing|lost|gone|forgotten|working|still|always|what|blocked|locked|secret|stored|' +
  'saved|changed|reset|different|same|un|una|el|la|mi|incorrecta|correcta|errónea|demasiado|muy|' +
  'distinta|necesaria|secreta|le|une|mon|faux|fausse|pas|trop|très|incorrect|perdu|nécessaire|bloqué|' +
  'falsch|richtig|nicht|zu|sehr|abgelaufen|gesperrt|ein|eine|das|der|die|mein|weg|vergessen|nötig|' +
  'errada|correta|incorreta|muito|não|o|uma|minha|bloqueada|sbagliata|corretta|non|troppo|molto|la|mia|' +
  'scaduta|bloccata|necessaria|fout|verkeerd|niet|te|erg|verlopen|een|het|mijn|kwijt|geblokkeerd|nodig'
)

/** One word, then more that have digits or are single letters. */
const PASSWORD_VALUE = '["\'“„«]?[^\\s.,;!?"”»]+' +
  '(?:[ -](?:[^\\s.,;!?]*\\p{Nd}[^\\s.,;!?]*|\\p{L}(?![\\p{L}\\p{M}])))*["\'”“»]?'

const PASSWORD = new RegExp(
  `${word(PASSWORD_NAMES)}(?:\\s[^\\s.!?]{1,12}){0,5}?\\s?(?:${word(IS)}|[:=])` +
  `\\s?(?!${NO_PASSWORD})(${PASSWORD_VALUE})`,
  'giu'
)

export function pinsIn (text: string): Span[] {
  return digitRuns(text).flatMap((run) => {
    const [from, to] = [run[0]!.from, run.at(-1)!.to]
    const isNamed = NAMES_PIN.test(text.slice(Math.max(0, from - NAME_CHARS), from)) ||
      PIN_AFTER.test(text.slice(to, to + NAME_CHARS))
    return isNamed && isPin(run) ? [{ from, to }] : []
  })
}

export function passwordsIn (text: string): Span[] {
  return matchesIn(PASSWORD, text).map(({ 0: { length }, 1: value, index }) =>
    ({ from: index + length - value!.length, to: index + length }))
}

const ASKS_PIN = new RegExp(word(PIN_NAMES), 'iu')
const ASKS_PASSWORD = new RegExp(word(PASSWORD_NAMES), 'iu')

/** "Sure, it's …" */
const ANSWER_START = new RegExp('^(?:(?:yes|sure|ok|okay|sí|claro|oui|bien sûr|ja|klar|sim|certo|sì|well|also|eh|uh)' +
  '[\\s,.]+)*(?:(?:it[\'’]s|it is|that[\'’]s|that would be|es|c[\'’]est|das ist|es ist|es lautet|é|è|het is|dat is)' +
  '\\s)?', 'iu')
const LONGEST_ANSWER = 4

/** "I don't know it." */
const NO_ANSWER_WORDS = 'know|remember|forgot|forgotten|have|sé|recuerdo|acuerdo|sais|souviens|oublié|weiß|vergessen|' +
  'habe|sei|lembro|esqueci|so|ricordo|dimenticato|weet|herinner|no|non|nein|não|nee|why|what|sorry|moment|wait'
const NO_ANSWER = new RegExp(`^${NO_PASSWORD}|${word(NO_ANSWER_WORDS)}`, 'iu')

/** What a caller answers when the agent asked for a PIN or a password: digits, or an answer of a few words. */
export function answeredSecrets (question: string, answer: string): MaskedSpan[] {
  const pins = ASKS_PIN.test(question)
    ? digitRuns(answer).filter(isPin).map((run) => ({ from: run[0]!.from, to: run.at(-1)!.to, mask: MASKS.pin }))
    : []
  if (!ASKS_PASSWORD.test(question) || pins.length > 0) return pins
  const from = ANSWER_START.exec(answer)?.[0].length ?? 0
  const value = answer.slice(from).replace(/[\s.,!?]+$/u, '')
  const words = value.split(/\s+/)
  const isAnswer = value !== '' && words.length <= LONGEST_ANSWER && !NO_ANSWER.test(value)
  return isAnswer ? [{ from, to: from + value.length, mask: MASKS.password }] : []
}

function isPin (run: ReturnType<typeof digitRuns>[number]): boolean {
  const count = run.reduce((sum, { digits }) => sum + digits.length, 0)
  return count >= SHORTEST_PIN && count <= LONGEST_PIN && !run[0]!.hasPlus
}
