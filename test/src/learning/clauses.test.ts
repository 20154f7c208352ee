import t from 'tap'
import { clausesOf } from '../../../src/learning/clauses.ts'
import { LANGUAGES } from '../../../src/learning/languages.ts'

/** A clause in brackets is negated. */
const written = (text: string) => clausesOf(text, LANGUAGES[0]!).map(({ words, isNegated }) => isNegated ? `(${words.join(' ')})` : words.join(' '))

t.test('text is cut into clauses, each negated or not', async (t) => {
  const table: Array<[text: string, ...clauses: string[]]> = [
    [''],
    ['I\'m allergic to nuts. I don\'t like tea.', 'i\'m allergic to nuts', '(i do not like tea)'],
    ['I’m allergic to nuts, I don’t like tea!', 'i\'m allergic to nuts', '(i do not like tea)'],
    ['I don\'t eat meat, fish or eggs', '(i do not eat meat fish or eggs)'],
    ['I have no cat and I have a dog', '(i have no cat)', 'and i have a dog'],
    ['I have a dog and no cat', 'i have a dog', '(and no cat)'],
    ['nuts are bad so no nuts', 'nuts are bad', '(so no nuts)'],
    ['I am not so fond of nuts', '(i am not so fond of nuts)'],
    ['not mornings but evenings', '(not mornings)', 'but evenings'],
    ['coffee without sugar', 'coffee', '(without sugar)'],
    ['no nuts', '(no nuts)'],
    ['No, I said Thursday.', 'i said thursday'],
    ['Oh no, no the dog is fine', 'the dog is fine'],
    ['No thanks', 'thanks'],
    ['No.'],
    ['nuts, no', '(nuts no)'],
    ['Nuts? No. Eggs? Yes.', '(nuts)', 'eggs', 'yes'],
    ['I\'m not, you know, allergic', '(i\'m not allergic)'],
    ['I\'m not... allergic', '(i\'m not allergic)'],
    ['not at 9 a.m. on Mondays', '(not at 9 a m on mondays)'],
    ['I do not know Mr. Smith', '(i do not know mr smith)'],
    ['It is not that I am ill', '(it is not that i am ill)']
  ]
  for (const [text, ...clauses] of table) t.strictSame(written(text), clauses, text)
})

const clausesIn = (code: string, text: string) => clausesOf(text, LANGUAGES.find((each) => each.code === code)!)

t.test('what somebody else says after a comma is about them', async (t) => {
  const table: Array<[code: string, text: string, ...about: boolean[]]> = [
    ['en', 'My boss says, I have an office in Leeds.', true],
    ['de', 'Mein Nachbar meint, ich soll einen Hund anschaffen, ich habe Angst.', true, false],
    ['de', 'Mein Bruder kommt, ich bin krank.', true, false],
    ['nl', 'Mijn moeder zegt, ik ben ziek.', true],
    ['de', 'Ich glaube, ich bin krank.', false, false]
  ]
  for (const [code, text, ...about] of table) {
    t.strictSame(clausesIn(code, text).map(({ isAboutOthers }) => isAboutOthers), about, text)
  }
})

t.test('a sentence that begins with a no or a sorry corrects the one before it', async (t) => {
  const table: Array<[code: string, text: string, correctedTo: string]> = [
    ['en', 'On Tuesday. No, Wednesday.', 'no wednesday'],
    ['en', 'On Tuesday. Oh no wait. Wednesday. I work then.', 'oh no wait wednesday'],
    ['es', 'El lunes. Perdón, el martes.', 'perdón el martes'],
    ['fr', 'Deux chiens. Enfin non, trois.', 'enfin non 3'],
    ['nl', 'Doe maar dinsdag. Of nee, woensdag.', 'of nee woensdag'],
    ['en', 'I have a son. No pets.', ''],
    ['en', 'On Tuesday? No, Wednesday.', ''],
    ['es', 'El martes. ¿No?', ''],
    ['en', 'On Tuesday. Nobody is home.', ''],
    ['en', 'I have a dog. Sorry, the line is bad.', ''],
    ['en', 'I have a dog. Sorry for the noise.', ''],
    ['en', 'I have a dog. Actually, I have a cat too.', ''],
    ['en', 'I have a dog. Actually, I have a cat.', 'actually i have a cat'],
    ['en', 'For the sixth. Sorry, for the seventh.', 'sorry for the 7'],
    ['en', 'On Tuesday. Sorry, Wednesday, the line is bad.', 'sorry wednesday the line is bad'],
    ['en', 'On Tuesday. No, Wednesday also works.', 'no wednesday also works'],
    ['en', 'On Tuesday. Sorry, that was Wednesday.', 'sorry that was wednesday'],
    ['en', 'On Tuesday. Sorry, I need it on Wednesday.', 'sorry i need it on wednesday'],
    ['es', 'Tengo un perro. Perdón por la hora.', ''],
    ['fr', 'J\'ai un chien. Pardon, la ligne est mauvaise.', ''],
    ['de', 'Ich habe einen Hund. Entschuldigung, die Verbindung ist schlecht.', ''],
    ['de', 'Ich habe einen Hund. Entschuldigung, einen Hund und eine Katze.', 'entschuldigung einen hund und eine katze'],
    ['pt', 'Tenho um cão. Desculpe pelo barulho.', ''],
    ['it', 'Ho un cane. Scusi, la linea è disturbata.', ''],
    ['nl', 'Ik heb een hond. Sorry, ik heb ook een kat.', '']
  ]
  for (const [code, text, correctedTo] of table) t.equal(clausesIn(code, text)[0]!.correctedTo.join(' '), correctedTo, text)
})
