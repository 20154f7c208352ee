/** What the comparison of sentences knows about seven languages, beyond stemmers, stop words and number words. */

const words = (list: string): ReadonlySet<string> => new Set(list.split(' '))
const phrases = (list: string): readonly string[] => list.split('|')
const pairs = (list: string) => list.split(' ').map((pair) => {
  const [singular = '', plural = ''] = pair.split('>')
  return [singular, plural] as const
})

const en = {
  /** Words that negate their whole clause. */
  negations: words('not no never none nothing nobody nowhere neither nor without except instead'),
  /** "But", "without": they start a clause. */
  dividers: words('but because although though whereas without except instead'),
  /** "And", "or": they start a clause before a subject or a negation, as in "and I have", not in "tea and coffee". */
  links: words('and or so while'),
  /** Pronouns as subjects. */
  subjects: words('i we you he she it they there that this'),
  /** Those of them that mean somebody else. */
  others: words('he she they'),
  /** The caller: "I", "we". */
  self: words('i we me us'),
  /** "Who". */
  relatives: words('who whose that'),
  /** A "no" that answers a question, as the first word of a sentence. The first of them is "no" itself. */
  answers: words('no nope nah not never'),
  /** They may come before such an answer. */
  fillers: words('oh well uh um er ah yes yeah ok okay sorry and but hi hello'),
  /** After such an answer a clause begins with one of these, or with a subject. */
  afterAnswer: words('no not nope thanks thank please sorry wait actually just yes the a an my our his her their ' +
    'your but and because'),
  /** Between commas they do not end a clause: "I am not, you know, allergic". */
  asides: phrases("you know|you see|i mean|i think|i guess|i believe|i suppose|i'm afraid|as far as i know"),
  /** "If", as the first or second word of a clause. */
  ifs: words('if unless suppose'),
  /** After an "if" they only make it polite: "if possible", "if you could". */
  polite: words('possible you needed necessary'),
  /** "Maybe", "I might": it is not certain. */
  maybes: phrases('maybe|perhaps|i might|we might|i may|we may|thinking of|thinking about|considering|wish i|' +
    'wish we|some day|someday|one day|hopefully'),
  /** "Would": after an "if" anywhere in the sentence, it is not so. */
  irrealis: /^(?:would|could|might|were|\w+'d)$/,
  /** A person who is not the caller: "sister", "neighbour". */
  relations: /^(?:husband|wife|partner|boyfriend|girlfriend|son|daughter|child|kid|mother|mum|mom|father|dad|brother|sister|uncle|aunt|cousin|nephew|niece|neighbou?r|friend|colleague|boss|grandmother|grandma|grandfather|grandpa|roommate|flatmate|tenant|landlord)(?:'s|s)?$/,
  /** "Says", "thinks". */
  reports: /^(?:sa(?:y|id)|think|thought|believe|suggest|insist|recommend|advise|tell|told|claim)(?:s|ed|ing)?$/,
  /** "When", "which": a question that asks for more than a yes. */
  questionWords: words('when where which what how who whose why'),
  /** The caller corrects what they said. */
  corrections: phrases('sorry|i mean|i meant|no wait|wait|actually|make that|correction|rather|scratch that'),
  /** It begins like a correction, and adds to what was said, or is about the talk itself. */
  excuses: phrases('also|too|actually yes|sorry for the|sorry about|sorry to call|sorry to bother|hear you|' +
    'the line is|the connection is|breaking up'),
  /** The caller takes back what they said. */
  retractions: phrases('forget it|forget that|forget what i said|never mind|nevermind|scrap that|scratch all that|' +
    'strike that|i take that back|leave it as it was|just cancel that|cancel all that|ignore that'),
  /** Articles and forms of "to be", which add nothing to a fact. */
  silent: words('a an the is are am be do does'),
  /** What the plural of a word ends in, in place of the ending of the singular. */
  plurals: pairs('>s >es y>ies'),
  /** Words of talk about callers, beyond the stop words of the package. */
  talk: words('a mine without never none also just really quite every much many another still already yet now done ' +
    'let get gets got yes yeah yep nope ok okay sure right well please thanks thank hello hi hey bye uh um er hmm ' +
    'oh caller callers customer customers client user person name names named call calls called prefer prefers ' +
    'preferred want wants wanted like likes liked live lives lived say says said tell tells told ask asks asked ' +
    'mention mentions mentioned need needs needed state states stated report reports reported')
}

export type Grammar = typeof en

export const GRAMMARS = {
  en,
  es: {
    negations: words('no nunca jamás ni nada nadie ningún ninguno ninguna tampoco sin salvo excepto menos'),
    dividers: words('pero porque aunque sino mientras sin salvo excepto'),
    links: words('y e o así'),
    subjects: words('yo nosotros nosotras tú usted ustedes él ella ellos ellas eso esto'),
    others: words('él ella ellos ellas'),
    self: words('yo nosotros nosotras'),
    relatives: words('que quien'),
    answers: words('no nunca'),
    fillers: words('ay eh bueno pues sí hola y pero perdón vale'),
    afterAnswer: words('no gracias por perdón espere mejor el la los las un una mi mis pero'),
    asides: phrases('digamos'),
    ifs: words('si'),
    polite: words('puede pueden posible quiere'),
    maybes: phrases('quizá|quizás|tal vez|a lo mejor|igual me|puede que|ojalá|algún día|estoy pensando en'),
    irrealis: /(?:r[ií]a|r[ií]as|r[ií]amos|r[ií]an|iera|ieras|ieran|[aá]ramos|tara|cara|ase|iese)$/,
    relations: /^(?:marido|esposo|esposa|mujer|pareja|novi[oa]|hij[oa]s?|niñ[oa]s?|madre|mamá|padre|papá|herman[oa]s?|tí[oa]s?|prim[oa]s?|sobrin[oa]s?|abuel[oa]s?|vecin[oa]s?|amig[oa]s?|compañer[oa]s?|jef[ea]|suegr[oa])$/,
    reports: /^(?:dic(?:en?|iendo)|dij(?:o|eron)|creen?|piensan?|opinan?|insisten?|aconsejan?|recomiendan?|sugieren?)$/,
    questionWords: words('cuándo dónde adónde cuál cuáles qué cómo quién cuánto cuánta cuántos cuántas'),
    corrections: phrases('perdón|perdone|quiero decir|quise decir|mejor dicho|digo|espere|en realidad|no espera'),
    excuses: phrases('también|además|perdón por la hora|perdón por el ruido|perdón por llamar|la línea está|' +
      'le oigo|te oigo|se corta'),
    retractions: phrases('olvídelo|olvídalo|olvide eso|olvida eso|déjelo|déjalo|déjelo estar|no importa|' +
      'olvide lo que he dicho|retiro lo dicho|déjelo como estaba|cancele eso'),
    silent: words('el la los las un una unos unas es son'),
    plurals: pairs('>s >es z>ces ón>ones'),
    talk: words('jamás vale gracias favor hola adiós eh ay cliente clienta nombre llama llamo llamado llamada ' +
      'prefiere prefiero quiero gusta gustan vive vivo pregunta necesita necesito')
  },
  fr: {
    negations: words('ne n pas jamais rien personne aucun aucune ni sans sauf excepté non'),
    dividers: words('mais car parce quoique bien tandis sans sauf excepté'),
    links: words('et ou donc'),
    subjects: words('je j nous vous tu il elle ils elles on moi lui ce c ça'),
    others: words('il elle ils elles lui eux'),
    self: words('je j nous moi'),
    relatives: words('qui'),
    answers: words('non pas jamais'),
    fillers: words('ah euh ben bon oui bonjour et mais oh surtout'),
    afterAnswer: words('non merci pas le la les un une mon ma mes notre pardon attendez plutôt mais'),
    asides: phrases('vous savez|je crois|je pense|disons'),
    ifs: words('si'),
    polite: words('possible vous'),
    maybes: phrases('peut être|peut-être|il se peut|j espère|un de ces jours|je pense à|j envisage|éventuellement'),
    irrealis: /(?:rais|rait|rions|riez|raient)$/,
    relations: /^(?:mari|femme|époux|épouse|conjointe?|copine?|compagnon|compagne|fils|fille|filles|enfants?|mère|maman|père|papa|frères?|sœurs?|soeurs?|oncle|tante|cousine?s?|neveu|nièce|grand|voisine?s?|amie?s?|collègues?|patronn?e?)$/,
    reports: /^(?:di(?:t|sent)|pense(?:nt)?|croi(?:t|ent)|trouv(?:e|ent)|insist(?:e|ent)|conseill(?:e|ent)|recommand(?:e|ent)|suggèr(?:e|ent))$/,
    questionWords: words('quand où quel quelle quels quelles comment combien qui pourquoi quoi'),
    corrections: phrases('pardon|excusez moi|je veux dire|je voulais dire|plutôt|attendez|en fait|enfin non'),
    excuses: phrases('aussi|également|pardon pour|excusez moi pour|excusez moi de|la ligne est|vous entends|ça coupe'),
    retractions: phrases('oubliez ça|oubliez cela|oubliez|laissez tomber|oublie ça|ce n est pas grave|annulez ça|' +
      'laissez comme c était|je retire|peu importe|tant pis'),
    silent: words('le la les l un une des est sont'),
    plurals: pairs('>s >x al>aux'),
    talk: words('elles si car parce quoi quand où comment pourquoi comme sous chez entre jusque depuis jamais rien ' +
      'plus ni aucun aucune seulement aussi très bien beaucoup peu tout tous toute toutes autre déjà encore ' +
      'maintenant là être a avoir fait peut peux oui non ok accord merci bonjour revoir euh client cliente appelant ' +
      'appelante nom prénom appelle appelé préfère veut veux voudrait aime habite vit dit demande besoin')
  },
  de: {
    negations: words('nicht kein keine keinen keinem keiner keines nie niemals nichts niemand nirgends weder ohne ' +
      'außer statt nix'),
    dividers: words('aber sondern weil denn obwohl während ohne außer statt'),
    links: words('und oder also'),
    subjects: words('ich wir du er sie es ihr man das da'),
    others: words('er sie ihm ihr ihn'),
    self: words('ich wir'),
    relatives: words('der die das'),
    answers: words('nein nee nö nicht nie'),
    fillers: words('ach äh ähm ja also oh naja na hallo und aber'),
    afterAnswer: words('nein danke bitte nicht kein keine der die das ein eine mein meine warten lieber moment aber'),
    asides: phrases('wissen sie|glaube ich|denke ich|sagen wir'),
    ifs: words('falls wenn sollte angenommen'),
    polite: words('möglich sie'),
    maybes: phrases('vielleicht|eventuell|womöglich|möglicherweise|hoffentlich|irgendwann mal|ich überlege|' +
      'wir überlegen|mal sehen ob'),
    irrealis: /^(?:würde|würden|wäre|wären|hätte|hätten|könnte|könnten|müsste|bräuchte|zöge|käme)$/,
    relations: /^(?:mann|frau|ehemann|ehefrau|partner|partnerin|freund|freundin|freunde|sohn|söhne|tochter|töchter|kind|kinder|mutter|mama|vater|papa|bruder|brüder|schwester|schwestern|onkel|tante|cousin|cousine|neffe|nichte|oma|opa|großmutter|großvater|nachbar|nachbarin|nachbarn|kollege|kollegin|chef|chefin|mitbewohner|mitbewohnerin|vermieter|schwiegermutter|schwiegervater)s?$/,
    reports: /^(?:sag(?:t|te|ten|en)|mein(?:t|te|ten|en)|glaub(?:t|te|ten|en)|denk(?:t|en)|dachten?|find(?:et|en)|fand(?:en)?|behaupte(?:t|te|n)|rät|raten|riet|empfiehlt|erzähl(?:t|te))$/,
    questionWords: words('wann wo wohin woher welche welcher welches welchen was wie wer wen warum wieviel'),
    corrections: phrases('entschuldigung|verzeihung|ich meine|ich meinte|moment|doch|vielmehr|besser gesagt|' +
      'nein warten sie|nee warten sie'),
    excuses: phrases('auch|außerdem|entschuldigung für|entschuldigung dass|verzeihung für|die leitung ist|' +
      'die verbindung ist|höre sie'),
    retractions: phrases('vergessen sie das|vergessen sie es|vergiss es|vergiss das|lassen sie das|lassen wir das|' +
      'streichen sie das|egal|schon gut|lassen sie es wie es war|das nehme ich zurück|hat sich erledigt'),
    silent: words('der die das den dem des ein eine einen einem einer eines ist sind'),
    plurals: pairs('>e >en >n >er >s >nen'),
    talk: words('unsere wer wann warum dass nie niemals schon mal mehr sei wurde konnte möchte mag ja nein okay gut ' +
      'bitte danke hallo tschüss äh ähm anrufer anruferin anrufers kunde kundin kunden name namens heißt heiße nennt ' +
      'genannt wohnt wohne lebt lebe bevorzugt wünscht sagt sagte gesagt fragt braucht gern gerne')
  },
  pt: {
    negations: words('não nunca jamais nem nada ninguém nenhum nenhuma tampouco sem exceto menos'),
    dividers: words('mas porque embora enquanto pois sem exceto'),
    links: words('e ou então'),
    subjects: words('eu nós você vocês tu ele ela eles elas isso'),
    others: words('ele ela eles elas'),
    self: words('eu nós'),
    relatives: words('que quem'),
    answers: words('não nunca'),
    fillers: words('ah ai bom sim olá e mas então'),
    afterAnswer: words('não obrigado obrigada por desculpe espere melhor o a os as um uma meu minha mas'),
    asides: phrases('digamos'),
    ifs: words('se caso'),
    polite: words('puder possível quiser'),
    maybes: phrases('talvez|quem sabe|pode ser que|tomara|um dia|estou pensando em|se calhar'),
    irrealis: /(?:ria|rias|ríamos|riam|asse|esse|isse|ássemos|assem|essem)$/,
    relations: /^(?:marido|esposo|esposa|mulher|companheir[oa]|namorad[oa]|filh[oa]s?|mãe|pai|irmã|irmão|irmãos|irmãs|ti[oa]s?|prim[oa]s?|sobrinh[oa]s?|avó|avô|vizinh[oa]s?|amig[oa]s?|colegas?|chefe|sogr[oa])$/,
    reports: /^(?:diz(?:em|endo)?|diss(?:e|eram)|ach(?:a|am|ou)|pens(?:a|am)|acredit(?:a|am)|insist(?:e|em)|aconselh(?:a|ou)|sugere|sugeriu|recomend(?:a|ou))$/,
    questionWords: words('quando onde qual quais como quem quanto quanta quantos quantas quê'),
    corrections: phrases('desculpe|desculpa|perdão|quero dizer|quer dizer|aliás|espere|na verdade|melhor'),
    excuses: phrases('também|além disso|desculpe pelo|desculpe pela|desculpe ligar|a linha está|a ligação está|ouço'),
    retractions: phrases('esqueça|esquece|esqueça isso|deixe pra lá|deixa pra lá|deixe para lá|deixe como estava|' +
      'não importa|retiro o que disse|cancele isso'),
    silent: words('o a os as um uma é são'),
    plurals: pairs('>s >es m>ns al>ais ão>ões'),
    talk: words('uns umas mim porque onde sobre desde nunca jamais nada pouco algum alguma todo todos toda outro ' +
      'outra ainda agora aqui é ser estar têm ter pode posso sim obrigado obrigada favor olá tchau ok cliente nome ' +
      'chama chamo chamado prefere prefiro quer quero gosta gosto mora moro vive disse diz pergunta precisa preciso')
  },
  it: {
    negations: words('non no mai niente nulla nessuno nessuna né neanche nemmeno senza tranne eccetto'),
    dividers: words('ma perché però anzi mentre senza tranne eccetto'),
    links: words('e ed o quindi'),
    subjects: words('io noi tu lei voi lui loro questo ciò'),
    others: words('lui lei loro'),
    self: words('io noi'),
    relatives: words('che chi'),
    answers: words('no non mai'),
    fillers: words('ah eh beh allora sì ciao e ma purtroppo'),
    afterAnswer: words('no grazie non scusi aspetti meglio il lo la i gli le un una mio mia ma'),
    asides: phrases('diciamo|credo|penso|sa'),
    ifs: words('se qualora'),
    polite: words('possibile può riesce vuole'),
    maybes: phrases('forse|magari|può darsi|chissà|un giorno|sto pensando di|spero di|eventualmente'),
    irrealis: /(?:rei|resti|rebbe|remmo|reste|rebbero|ssi|sse|ssimo|ssero)$/,
    relations: /^(?:marito|moglie|compagn[oa]|fidanzat[oa]|figli[oae]?|madre|mamma|padre|papà|fratell[oi]|sorell[ae]|zi[oaie]|cugin[oaie]|nipot[ei]|nonn[oaie]|vicin[oaie]|amic[oahi]+|colleg[ah]i?|capo|suocer[oa])$/,
    reports: /^(?:dic(?:e|ono)|detto|pens(?:a|ano)|cred(?:e|ono)|ritiene|insiste|consiglia|suggerisce|sostiene)$/,
    questionWords: words('quando dove quale quali cosa come chi quanto quanta quanti quante perché'),
    corrections: phrases('scusi|scusa|mi scusi|voglio dire|volevo dire|anzi|aspetti|in realtà|mi correggo'),
    excuses: phrases('anche|inoltre|scusi per|scusa per|la linea è|sento bene|la sento'),
    retractions: phrases('lasci perdere|lascia perdere|lasci stare|lascia stare|dimentichi|si dimentichi|' +
      'come non detto|non importa|fa niente|annulli tutto|lasci com era'),
    silent: words('il lo la i gli le l un uno una è sono'),
    plurals: pairs('o>i a>e e>i ca>che ga>ghe'),
    talk: words('it me te cosa quando d fra senza mai niente nulla né solo molto poco qualche tutta altro già ancora ' +
      'adesso ora qui essere avere può posso sì no va bene grazie prego ciao ehm cliente nome chiama chiamo chiamato ' +
      'preferisce preferisco vuole voglio vorrebbe vorrei piace piacciono vive vivo abita abito dice detto chiede ' +
      'bisogno')
  },
  nl: {
    negations: words('niet geen nooit niets niemand nergens noch zonder behalve nee'),
    dividers: words('maar want omdat hoewel terwijl zonder behalve'),
    links: words('en of dus'),
    subjects: words('ik wij we jij je u hij zij ze het dat dit er'),
    others: words('hij zij ze hem haar'),
    self: words('ik wij we'),
    relatives: words('die dat'),
    answers: words('nee neen niet nooit'),
    fillers: words('ach eh uh nou ja hoi hallo en maar'),
    afterAnswer: words('nee niet geen dank bedankt de het een mijn wacht liever sorry maar'),
    asides: phrases('weet u|denk ik|geloof ik|zeg maar'),
    ifs: words('als indien stel'),
    polite: words('mogelijk u'),
    maybes: phrases('misschien|wellicht|mogelijk|hopelijk|ooit|ik denk erover|ik overweeg|we overwegen'),
    irrealis: /^(?:zou|zouden)$/,
    relations: /^(?:man|vrouw|echtgenoot|echtgenote|partner|vriend|vriendin|vrienden|zoon|zonen|dochter|dochters|kind|kinderen|moeder|mama|vader|papa|broer|broers|zus|zussen|zusje|oom|tante|neef|nicht|oma|opa|buurman|buurvrouw|buren|collega|baas|huisgenoot|schoonmoeder|schoonvader)s?$/,
    reports: /^(?:zeg(?:t|gen)|zei(?:den)?|vind(?:t|en)|vond|denk(?:t|en)|dacht|meen(?:t|de)|geloof(?:t|de)|raadt|adviseert|beweert)$/,
    questionWords: words('wanneer waar welke welk wat hoe wie wiens waarom hoeveel'),
    corrections: phrases('sorry|ik bedoel|ik bedoelde|wacht|eigenlijk|of nee|beter gezegd|pardon|excuus'),
    excuses: phrases('ook|bovendien|sorry voor|excuus voor|de lijn is|de verbinding is|hoor u|versta u'),
    retractions: phrases('laat maar|vergeet het|vergeet dat|vergeet maar|vergeet u het|laat zitten|maakt niet uit|' +
      'doe maar niet|schrap dat|laat het zoals het was|ik neem het terug'),
    silent: words('de het een is zijn'),
    plurals: pairs(">s >en >n >'s"),
    talk: words('we wij onze jij jouw wanneer waar waarom nooit alleen heel erg wel alle elke bent willen mag nee ' +
      'oké goed graag alstublieft bedankt dank hallo dag eh beller klant naam heet heten genaamd noemt woont woon ' +
      'verkiest wenst zegt zei gezegd vraagt houdt wil')
  }
} satisfies Record<string, Grammar>

export type LanguageCode = keyof typeof GRAMMARS
