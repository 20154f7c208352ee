/** Splits text into words, for comparing facts and evidence. */
import { asciiDigits } from '../phone/ascii-digits.ts'

const SEGMENTER = new Intl.Segmenter('en', { granularity: 'word' })

/** Scripts without spaces between words. */
const DENSE = String.raw`[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}ー\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]`
const LETTERS = String.raw`(?!${DENSE})\p{L}(?:(?!${DENSE})[\p{L}\p{M}])*`

/** Symbols, emoji and minus signs: 5 € is not 5 $, and A+ is not A-. */
const SIGN = String.raw`[\p{S}%]|(?<![\p{L}\p{N}])-(?=\p{Nd})|(?<=\p{L})-(?![\p{L}\p{N}])`

/** A stretch of dense script has at most 1000 letters, because the segmenter takes quadratic time. */
const TOKEN = new RegExp(
  String.raw`\p{Nd}+(?:[.,]\p{Nd}+)*|${LETTERS}(?:'${LETTERS})*|${SIGN}|(${DENSE}{1,1000})`,
  'gu'
)

/** A quick check that saves most words the replacements of {@link spelledOut}. */
const SHORTENED = /'|nt$|^cannot$/

const ELISION = /^([cdjlmnst]|qu|all|dall|dell|nell|sull|un)'(?=\p{L})/u

/** The letters of "3rd". */
const ORDINAL = /(?<=\d)(?:st|nd|rd|th)(?!\p{L})/gu

/** Speech recognition writes "dont" for "don't". */
const BARE_CONTRACTION = /^(do|does|did|is|are|was|were|has|have|had|would|could|should|ca|wo)nt$/

/**
 * Each list counts from zero. A dot replaces a word with another meaning: articles ("un", "uno", "um", "een"), "due",
 * "once", "sei", and "sept", which is short for September.
 */
const NUMBER_WORDS = [
  'zero one two three four five six seven eight nine ten ' +
    'eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen',
  '. . . third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth',
  'null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf',
  'cero . dos tres cuatro cinco seis siete ocho nueve diez . doce',
  'zéro . deux trois quatre cinq six . huit neuf dix onze douze',
  '. . . tre quattro cinque . sette otto nove dieci undici dodici',
  '. . dois três quatro cinco seis sete oito nove dez onze doze',
  'nul . twee drie vier vijf zes zeven acht negen tien elf twaalf'
]

const NUMBERS: ReadonlyMap<string, number> = new Map(NUMBER_WORDS.flatMap((list) =>
  list.split(' ').map((word, value) => [word, value] as const).filter(([word]) => word !== '.')))

const TEN_WORDS = ['twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety']

const TENS: ReadonlyMap<string, number> = new Map(TEN_WORDS.map((word, at) => [word, 10 * (at + 2)]))

/**
 * In lower case, without punctuation. "isn't" becomes "is" and "not", "l'eau" becomes "l" and "eau", "10am" becomes
 * "10" and "am"; a possessive stays one word. Symbols, emoji and minus signs are words.
 *
 * Numbers become ASCII digits, with a dot or comma if they have one: digits of every script, English words up to
 * ninety-nine, and words up to twelve in German, Spanish, French, Italian, Portuguese and Dutch.
 */
export function wordsOf (text: string): string[] {
  const plain = asciiDigits(text.normalize('NFKC').toLowerCase()).replace(/[’ʼ]/g, "'").replace(ORDINAL, '')
  const words = [...plain.matchAll(TOKEN)].flatMap(([token, dense]) => {
    if (dense !== undefined) return [...SEGMENTER.segment(dense)].map(({ segment }) => segment)
    return isNumber(token) ? [token.replace(/,(?=\d{3})/g, '')] : spelledOut(token)
  })
  return withNumbers(words)
}

export function isNumber (word: string): boolean {
  return /^\d/.test(word)
}

/** Drops the ending of an English plural or verb: "deliveries" becomes "delivery", "wants" becomes "want". */
export function stem (word: string): string {
  if (word === 'has') return 'have'
  if (word.length <= 3 || !word.endsWith('s')) return word
  return word
    .replace(/(?<=\p{L}{2})ies$/u, 'y')
    .replace(/(?<=ss|x|z|ch|sh)es$/, '')
    .replace(/(?<=\p{L})(?<![isu])s$/u, '')
}

function spelledOut (word: string): string[] {
  if (!SHORTENED.test(word)) return [word]
  return word
    .replace(/^cannot$/, 'can not')
    .replace(/n't$/, ' not')
    .replace(BARE_CONTRACTION, '$1 not')
    .replace(/^ca(?= not$)/, 'can')
    .replace(/^wo(?= not$)/, 'will')
    .replace(ELISION, '$1 ')
    .split(' ')
}

function withNumbers (words: string[]): string[] {
  return words.flatMap((word, at) => {
    const value = NUMBERS.get(word)
    if (isUnit(value) && TENS.has(words[at - 1] ?? '')) return []
    const tens = TENS.get(word)
    if (tens === undefined) return [value === undefined ? word : String(value)]
    const unit = NUMBERS.get(words[at + 1] ?? '')
    return [String(isUnit(unit) ? tens + unit : tens)]
  })
}

function isUnit (value: number | undefined): value is number {
  return value !== undefined && value >= 1 && value <= 9
}

/**
 * Stop words of English, German, Spanish, French, Italian, Portuguese, Dutch, Japanese and Chinese, and words that most
 * sentences about callers contain: "the caller's name is …", "said that she prefers …". "May" is missing because it is
 * a month.
 */
const STOP_WORDS = [
  `a an the this that these those i me my mine we us our you your he him his she her hers it its they them their there
  here who whom which what when where why how and or but if so because as than then to of in on at by for from with
  without about into over under up down out off not no never none nor only also too very just really quite some any
  all both each every more most much many few other another such same own again still already yet now is are am be
  been being was were do does did done has have had having can could will would shall should might must let get gets
  got i'm it's that's there's yes yeah yep nope ok okay sure right well please thanks thank hello hi hey bye uh um er
  hmm oh caller callers customer customers client user person name names named call calls called prefer prefers
  preferred want wants wanted like likes liked live lives lived say says said tell tells told ask asks asked mention
  mentions mentioned need needs needed state states stated report reports reported`,
  `der die das den dem des ein eine einen einem einer eines dieser diese dieses ich mich mir mein meine wir uns unser
  unsere du dich dir dein deine ihr ihre ihren ihm ihn er sie es man wer was wann wo warum wie und oder aber wenn weil
  dass als zu zum zur von vom in im ins an am auf bei für mit ohne aus nach über unter um vor bis durch nicht kein
  keine keinen keiner nie niemals nur auch sehr noch schon doch mal so da hier dort dann jetzt etwas alle jeder jede
  jedes mehr viel ist sind bin bist sei war waren wird werden wurde hat haben habe hatte kann können konnte will
  wollen möchte mag muss soll ja nein okay gut bitte danke hallo tschüss äh ähm anrufer anruferin anrufers kunde
  kundin kunden name namens heißt heiße nennt genannt wohnt wohne lebt lebe bevorzugt wünscht sagt sagte gesagt fragt
  braucht gern gerne`,
  `el la los las un una unos unas lo al del este esta esto ese esa eso yo me mi mí mis nosotros nos nuestro tú te ti tu
  tus usted ustedes él ella ellos ellas se su sus le les y e o u pero si porque como que qué quién cuándo dónde cómo a
  de en por para con sin sobre entre hasta desde no nunca jamás ni nada sólo solo también muy más mucho muchos poco
  algo todo todos toda todas otro otra ya aún ahora aquí es son soy está están estoy ser estar era fue ha han he hay
  haber tiene tienen tengo tener puede puedo sí claro vale bueno gracias favor hola adiós eh cliente clienta nombre
  llama llamo llamado llamada prefiere prefiero quiere quiero gusta gustan vive vivo dice dijo dicho pregunta necesita
  necesito`,
  `le la les l un une des du de d au aux ce c cet cette ces je j me m moi mon ma mes nous notre nos tu te t toi ton ta
  tes vous votre vos il elle ils elles on se s sa son ses lui leur leurs y en et ou mais si car parce que qu qui quoi
  quand où comment pourquoi comme à dans par pour avec sans sur sous chez entre jusque depuis ne n pas jamais rien
  plus ni aucun aucune seulement aussi très bien beaucoup peu tout tous toute toutes autre déjà encore maintenant ici
  là est sont suis es êtes être était a ont ai as avez avoir avait fait peut peux oui non ok accord merci bonjour
  revoir euh client cliente appelant appelante nom prénom appelle appelé préfère veut veux voudrait aime habite vit
  dit demande besoin`,
  `il lo la i gli le l un uno una del dello della dei degli delle dell al allo alla ai agli alle all dal dalla dall nel
  nella nell sul sulla sull questo questa quello quella io mi me mio mia miei noi ci nostro tu ti te tuo tua voi vi
  lui lei loro si suo sua suoi sue e ed o ma se perché che chi cosa quando dove come a ad di d da in con su per tra
  fra senza non mai niente nulla né solo anche molto più poco qualche tutto tutti tutta altro già ancora adesso ora
  qui è sono sei siamo essere era ha hanno ho avere aveva può posso sì no va bene grazie prego ciao ehm cliente nome
  chiama chiamo chiamato preferisce preferisco vuole voglio vorrebbe piace piacciono vive vivo abita abito dice detto
  chiede bisogno`,
  `o a os as um uma uns umas do da dos das no na nos nas ao à aos às pelo pela este esta isto esse essa isso eu me mim
  meu minha meus minhas nós nosso nossa tu te teu você vocês ele ela eles elas se seu sua seus suas lhe e ou mas
  porque que quem quando onde como de em por para com sem sobre entre até desde não nunca jamais nem nada só também
  muito mais pouco algum alguma todo todos toda outro outra já ainda agora aqui é são sou está estão estou ser estar
  era foi tem têm tenho ter há pode posso sim obrigado obrigada favor olá tchau ok cliente nome chama chamo chamado
  prefere prefiro quer quero gosta gosto mora moro vive disse diz pergunta precisa preciso`,
  `de het een dit dat deze die ik me mij mijn we wij ons onze je jij jouw u uw hij hem zijn ze zij haar hun er hier
  daar wie wat wanneer waar waarom hoe en of maar als omdat dat dan te om in op aan bij voor van met zonder uit naar
  over onder door tot tegen niet geen nooit niets alleen ook heel erg nog al wel eens nu iets alle elke meer veel is
  bent ben was waren wordt worden werd heeft hebben heb had kan kunnen zal wil willen mag moet ja nee oké goed graag
  alstublieft bedankt dank hallo dag eh beller klant naam heet heten genaamd noemt woont woon verkiest wenst zegt zei
  gezegd vraagt houdt`,
  `が は を に で と の も へ や か から まで より です ます でし まし た て だ な い いる い ある あり し する さ れる ない ませ ん ね よ はい いいえ さん 様 彼 彼女 私 お客 お客様 客 名前
  名 電話 希望 好き 住ん`,
  '的 了 是 在 有 我 你 您 他 她 它 我们 他们 和 也 很 都 不 没 没有 要 想 叫 姓 名字 客户 顾客 来电者 说 吗 呢 吧 请 好 对 是的 好的 喜欢 住'
].map((list): ReadonlySet<string> => new Set(list.split(/\s+/)))

/**
 * Drops stop words, numbers, symbols and possessive 's. The sentence's language is taken to be the one that finds the
 * most stop words in it; if there is no list for it, most words count as content.
 */
export function contentWords (words: string[]): string[] {
  return fewest(contentByLanguage(words))
}

/** Whether {@link contentWords} takes a sentence for English: no other language finds more stop words in it. */
export function isEnglish (words: string[]): boolean {
  const all = contentByLanguage(words)
  return fewest(all) === all[0]
}

function contentByLanguage (words: string[]): string[][] {
  const bare = words.filter((word) => /\p{L}/u.test(word)).map((word) => word.replace(/'s$/, ''))
  return STOP_WORDS.map((stopWords) => bare.filter((word) => !stopWords.has(word)))
}

function fewest (lists: string[][]): string[] {
  return lists.reduce((shortest, each) => each.length < shortest.length ? each : shortest)
}
