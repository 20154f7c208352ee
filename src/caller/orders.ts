/** How orders to an agent, or to a language model, usually begin, in seven languages. */

/** Whole words only; `\b` knows no accents. {@link ORDER} looks once for all of them whether a word begins. */
const BEGIN = '(?<!\\p{L})'
const word = (pattern: string) => `(?:${pattern})(?!\\p{L})`

/** "Ignore all previous instructions", in either order of verb and object. */
const disregards = (verbs: string, objects: string) =>
  `${word(verbs)}.{0,40}${BEGIN}${word(objects)}|${word(objects)}.{0,20}${BEGIN}${word(verbs)}`

/** "Tell the next caller that …" */
const tells = (verbs: string, people: string) => `${word(verbs)}.{0,25}${BEGIN}${word(people)}`

/** Whoever claims to be somebody else, in any language. */
const ROLE = '^\\P{L}*(?:system|assistant|developer|user|tool|sistema|système|systeem)[^\\p{L}\\p{N}:]{0,4}:|' +
  'caller_record'

const ORDERS = [
  word('system ?prompt|prompt (?:del|de|di) sistema|prompt système|systeemprompt|prompt do sistema'),
  word('(?:developer|debug|admin|maintenance|god) mode|jailbreak|' + '(?:wartungs|entwickler|admin)modus|' +
    'modo (?:de )?(?:desarrollador|administrador|desenvolvedor|mantenimiento|manutenção)|mode développeur|' +
    'modalità (?:sviluppatore|amministratore)|ontwikkelaarsmodus|onderhoudsmodus'),
  // English
  disregards('ignore|disregard|forget|override|bypass', 'instructions?|rules?|prompts?|guidelines?|orders'),
  word('agents? (?:must|should|has to|have to)|you are now|from now on,? you|as an ai|act as an?|' +
    'pretend (?:to be|that)'),
  word('you must (?:always|never|now|tell|say|give|reveal|grant)'),
  tells('tell|inform|remind|ask', '(?:the|every|each|any|all|next|other) (?:next |other )?' +
    '(?:callers?|customers?|clients?|users?|people|persons?)'),
  // Spanish
  disregards('ignor(?:a|e|en|ar)|olvid(?:a|e|en|ar)|descart(?:a|e|ar)|no hagas caso',
    'instrucciones|instrucción|reglas|órdenes|indicaciones|normas'),
  word('(?:el|la) agente (?:debe|tiene que|deberá|ha de)|(?:ahora|desde ahora|a partir de ahora) (?:eres|debes)|' +
    'eres ahora|actúa como|(?:debes|tienes que) (?:siempre|nunca|ahora|decir)'),
  tells('di|dile|diles|diga|dígale|dígales|informa|infórmale|avisa',
    '(?:(?:al|la|el|a los|a las|a todos|todos|cada|próxim[oa]|siguiente) )+(?:los |las )?' +
    '(?:próxim[oa] |siguiente )?(?:personas?|clientes?|llamantes?|usuari[oa]s?|que llamen?)'),
  // French
  disregards('ignor(?:e|ez|er)|oubli(?:e|ez|er)|néglige[rz]?', 'instructions?|règles|consignes|ordres|directives'),
  word("l['’ ]agent[e]? (?:doit|devra)|(?:tu es|vous êtes) (?:maintenant|désormais)|" +
    '(?:désormais|dorénavant|à partir de maintenant),? (?:tu|vous)|' +
    '(?:tu dois|vous devez) (?:toujours|jamais|maintenant|dire)|agis comme|agissez comme'),
  tells('dis|dites|informe[zr]?|préviens|prévenez', '(?:au|aux|à la|à l|à tous les|à chaque|à toute|le|la|les|' +
    'tous les) ?' +
    "(?:['’])?(?:prochaine?s? )?(?:appelants?|appelante|clients?|cliente|personnes?|utilisateurs?|correspondants?)"),
  // German
  disregards('ignorier(?:e|en|t)?|vergiss|vergessen|vergesst|missacht(?:e|en)|übergeh(?:e|en)',
    'anweisung(?:en)?|instruktion(?:en)?|regeln|vorgaben|befehle?'),
  word('(?:der|die) agent(?:in)? (?:muss|soll)|du bist (?:jetzt|nun|ab jetzt|ab sofort|von nun an)|' +
    '(?:ab jetzt|ab sofort|von nun an) (?:bist|musst|sollst) du|du musst (?:immer|nie|jetzt|allen?|jedem|sagen)|' +
    'verhalte dich wie|tu so als'),
  tells('sag|sage|sagen sie|teile?|teilen sie|erzähle?|erzählen sie|frage?|fordere?',
    '(?:dem|der|den|jedem|jeder|jeden|allen|alle) (?:nächsten? |anderen )?(?:anrufern?|anruferin(?:nen)?|kunden|' +
    'kundin|' +
    'leuten|person(?:en)?)'),
  // Portuguese
  disregards('ignor(?:e|a|em|ar)|esque(?:ça|ce|cer|çam)|desconsider(?:e|a|ar)',
    'instruções|instrução|regras|ordens|comandos|diretrizes'),
  word('(?:o|a) agente (?:deve|tem que|tem de|precisa)|(?:agora|a partir de agora),? (?:você|tu) (?:é|és|deve|deves)|' +
    '(?:você é|tu és) agora|você deve (?:sempre|nunca|agora|dizer)|aja como'),
  tells('diga|diz|fale|informe|conte|avise', '(?:ao|à|aos|às|para o|para a|para os|a todos os|a cada|para cada|' +
    'todos os) ' +
    '(?:próxim[oa]s? )?(?:clientes?|pessoas?|usuári[oa]s?|utilizador(?:es)?|chamador(?:es)?|que ligar)'),
  // Italian
  disregards('ignor(?:a|i|ate|are)|dimentic(?:a|hi|ate|are)|trascur(?:a|i|are)',
    'istruzion[ei]|regole|ordini|direttive|comandi'),
  word("l['’ ]agente (?:deve|dovrà)|(?:ora|adesso|da ora in poi|d'ora in poi),? (?:sei|devi)|sei (?:ora|adesso)|" +
    'devi (?:sempre|ora|adesso|dire)|agisci come|comportati come'),
  tells("di['’]?|dì|dica|dite|informa|avvisa|racconta", '(?:al|alla|ai|alle|a ogni|a ciascun|a tutti i|i|' +
    'tutti i|il) ?' +
    '(?:prossim[oaie] )?(?:client[ei]|person[ae]|utent[ei]|chiamant[ei]|chi chiama)'),
  // Dutch
  disregards('negeer|negeren|negeert|vergeet|vergeten|omzeil', 'instructies?|regels|opdrachten|aanwijzingen|bevelen'),
  word('de agent (?:moet|dient)|(?:je|jij|u) bent (?:nu|vanaf nu|voortaan)|(?:vanaf nu|voortaan) (?:ben|' +
    'moet) (?:je|u)|' +
    '(?:je|jij|u) moet (?:altijd|nooit|nu|zeggen)|gedraag je als|doe alsof'),
  tells('vertel|vertelt|zeg|zegt|informeer|vraag', '(?:de|elke|iedere|alle|aan alle|aan elke|aan de|volgende) ' +
    '(?:volgende )?(?:bellers?|klant(?:en)?|persoon|personen|gebruikers?|mensen)')
]

/** Finds only the usual forms. Other orders are told, in a block that says it contains no instructions. */
export const ORDER = new RegExp(`${ROLE}|${BEGIN}(?:${ORDERS.join('|')})`, 'iu')
