/** Three callers written for the search, each in another language, and questions with the items that answer them. */
import type { Call, CallerRecord, Turn } from '../../../schemas/caller-record.ts'

export interface WrittenCaller {
  language: string
  record: CallerRecord
  /** By question: ids of the items any of which answers it. */
  questions: Record<string, string[]>
}

/** When all questions are asked: a Friday. */
export const NOW = '2026-11-27T10:00:00.000Z'

interface Written {
  name: string
  language: string
  facts: Record<string, [at: string, text: string]>
  openItems: Record<string, [at: string, text: string]>
  notes: Record<string, [at: string, text: string]>
  /** `A:` is the agent, the other lines are the caller's. */
  calls: { at: string, title: string, summary: string, transcript: string }[]
  questions: Record<string, string[]>
}

function callerOf ({ name, language, facts, openItems, notes, calls, questions }: Written): WrittenCaller {
  const dated = (items: Record<string, [at: string, text: string]>) =>
    Object.entries(items).map(([id, [at, text]]) => ({ id, text, created_at: `${at}T12:00:00.000Z` }))
  const record: CallerRecord = {
    version: 1,
    phone_hash: 'a'.repeat(64),
    session_id: 'session',
    caller_name: name,
    language,
    remember: true,
    created_at: '2026-01-01T00:00:00.000Z',
    first_seen: null,
    last_seen: null,
    call_count: calls.length,
    facts: dated(facts).map((fact) => ({ ...fact, source: 'call', evidence: null, pinned: false, updated_at: fact.created_at, expires_at: null, superseded_by: null })),
    open_items: dated(openItems).map((item) => ({ ...item, evidence: '', conversation_id: null, closed_at: null })),
    notes: dated(notes).map((note) => ({ ...note, expires_at: null })),
    calls: calls.map(({ at, title, summary, transcript }, index): Call => ({
      number: index + 1,
      conversation_id: `conv_${index + 1}`,
      call_sid: null,
      direction: 'inbound',
      started_at: `${at}T12:00:00.000Z`,
      ended_at: null,
      duration_secs: null,
      status: 'done',
      failure_reason: null,
      title,
      summary,
      transcript: turnsOf(transcript)
    })),
    folded_calls: []
  }
  return { language, record, questions }
}

function turnsOf (transcript: string): Turn[] {
  return transcript.trim().split('\n').map((line, index) => {
    const text = line.trim()
    return { number: index + 1, role: text.startsWith('A:') ? 'agent' : 'user', text: text.replace(/^A: /, '') }
  })
}

const english = callerOf({
  name: 'Dana Whitfield',
  language: 'en',
  facts: {
    'f-boiler': ['2026-03-10', 'Has a Vaillant ecoTEC boiler from 2014'],
    'f-morning': ['2026-03-10', 'Prefers appointments before nine in the morning'],
    'f-dog': ['2026-05-19', 'Has a large dog named Biscuit that barks at technicians'],
    'f-debit': ['2026-05-19', 'Pays by direct debit'],
    'f-tenant': ['2026-08-04', 'Rents out the upstairs flat to a student called Imran'],
    'f-move': ['2026-10-21', 'Is moving to Bristol in January'],
    'f-language': ['2026-10-21', 'Wants invoices by e-mail, not by post']
  },
  openItems: {
    'o-quote': ['2026-10-21', 'We promised a quote for a new thermostat'],
    'o-refund': ['2026-11-18', 'Waits for the refund of 45 pounds for the missed visit']
  },
  notes: {
    'n-gate': ['2026-04-02', 'The gate code is 4471; the side entrance sticks'],
    'n-vip': ['2026-06-01', 'Complained to the ombudsman once; escalate to Priya at once']
  },
  calls: [
    {
      at: '2026-03-10',
      title: 'Boiler makes a banging noise',
      summary: 'Dana reported a banging noise from her boiler. A technician visit was booked for the next morning. She asked about the annual service plan.',
      transcript: `A: Good morning, how can I help you?
        Hi, my boiler has started making this awful banging noise.
        A: I am sorry to hear that. When does it happen?
        Mostly at night when the heating comes on. It wakes the whole house up.
        A: Which model is it?
        It's a Vaillant, the ecoTEC one. My late husband put it in, must have been 2014.
        A: We can send somebody tomorrow. Does a morning suit you?
        Before nine please, I start at the library at half past.
        A: Booked for eight. Would you like to hear about our service plan?
        How much is that a year?
        A: It is one hundred and twenty pounds.
        I'd have to think about it. Money is a bit tight since the roof was done.`
    },
    {
      at: '2026-05-19',
      title: 'Service plan and payment',
      summary: 'Dana signed up for the annual service plan and set up a direct debit. She warned that her dog dislikes strangers.',
      transcript: `A: Hello Dana, what can I do for you?
        I've decided to take that service plan after all.
        A: Wonderful. How would you like to pay?
        Direct debit, on the first of the month if that's possible.
        A: That is possible. Anything we should know before the visit?
        Just warn the technician about Biscuit. He's a big softie but he barks his head off at strangers.
        A: I will make a note. Is there a good place to park?
        There's a bay right behind the bakery. Don't use the street, they tow.
        A: Thank you. Is the number we have still right?
        Yes, but try my work first, I hardly ever hear the mobile.`
    },
    {
      at: '2026-08-04',
      title: 'No hot water upstairs',
      summary: 'The upstairs flat had no hot water. The agent walked Dana through resetting the pressure, which worked.',
      transcript: `A: Hello, how can I help?
        The flat upstairs has no hot water since yesterday.
        A: Is somebody living there?
        Yes, a student, Imran. He's got exams so he's not happy with me.
        A: Could you look at the pressure gauge for me?
        It says nought point four.
        A: That is too low. Please open the filling loop until it reads one and a half.
        Right, it's going up. Oh, the burner just lit.
        A: Perfect. Then you should have hot water in ten minutes.
        You're a star. I nearly called my brother out from Swindon for this.`
    },
    {
      at: '2026-10-21',
      title: 'Thermostat and moving house',
      summary: 'Dana asked for a quote for a smart thermostat and said she will move to Bristol in January. She wants to know whether the plan can move with her.',
      transcript: `A: Hello Dana, nice to hear from you again.
        I wanted to ask what one of those smart thermostats would cost.
        A: I will have a quote sent to you. By post as usual?
        E-mail, please. The postman loses half of it.
        A: Of course. Anything else?
        We're off to Bristol in January, to be near my daughter and the baby. Can the plan come along?
        A: I will check that and let you know.
        Lovely. She had a little girl, Nora, three weeks ago.
        A: Congratulations!`
    },
    {
      at: '2026-11-18',
      title: 'Missed visit',
      summary: 'The technician did not show up on Monday. Dana was angry and was promised 45 pounds back. A new visit was booked for 2 December.',
      transcript: `A: Hello, how can I help you?
        I took the whole morning off on Monday and nobody turned up.
        A: I am very sorry. I can offer you 45 pounds back for the lost time.
        That's the least you can do. When will somebody come?
        A: The second of December at eight, would that be all right?
        Fine. But send the lady who came last time, Aisha, she knew what she was doing.
        A: I will ask for her.`
    }
  ],
  questions: {
    'What boiler does she have?': ['f-boiler', '1/6'],
    'gate code': ['n-gate'],
    'When does she like technicians to come?': ['f-morning', '1/8'],
    'name of her dog': ['f-dog', '2/6'],
    'Where can the technician park?': ['2/8'],
    'How is the annual plan paid?': ['f-debit', '2/4', '2/summary/2'],
    'Who lives upstairs?': ['f-tenant', '3/4'],
    'Where is Dana moving to?': ['f-move', '4/6', '4/summary/2'],
    'What is the name of her granddaughter, the baby?': ['4/8', '4/6'],
    'Which technician did she ask for?': ['5/6'],
    'quote for the thermostat': ['o-quote', '4/2', '4/summary/2'],
    'refund for the missed appointment': ['o-refund', '5/3', '5/summary/3'],
    'Where does Dana work?': ['1/8', '2/10'],
    'What was the water pressure reading?': ['3/6', '3/5', '3/7'],
    'Why did she not want the service plan at first?': ['1/12', '1/10'],
    brother: ['3/10'],
    'What did she call about in May?': ['2/summary/2', '2/2', '2/summary/3', 'f-debit', 'f-dog'],
    'What happened last week?': ['5/summary/2', '5/summary/3', '5/2', 'o-refund'],
    'Which phone number should we call first?': ['2/10', '2/9'],
    'invoices by mail or e-mail': ['f-language', '4/4']
  }
})

const spanish = callerOf({
  name: 'Lucía Fernández',
  language: 'es',
  facts: {
    'f-alergia': ['2026-02-12', 'Es alérgica a la penicilina'],
    'f-miedo': ['2026-02-12', 'Le dan miedo las agujas y pide siempre a la doctora Robles'],
    'f-seguro': ['2026-04-23', 'Tiene un seguro dental con Sanitas'],
    'f-hijo': ['2026-04-23', 'Su hijo Mateo tiene ocho años y lleva aparato'],
    'f-turno': ['2026-07-09', 'Trabaja de noche en el hospital y solo puede venir por la tarde'],
    'f-silla': ['2026-09-30', 'Su madre va en silla de ruedas y necesita la entrada sin escalones']
  },
  openItems: {
    'o-presupuesto': ['2026-09-30', 'Prometimos enviarle el presupuesto del implante'],
    'o-radiografia': ['2026-11-19', 'Quiere una copia de su última radiografía']
  },
  notes: {
    'n-descuento': ['2026-05-02', 'Tiene un descuento familiar del diez por ciento'],
    'n-tarde': ['2026-06-15', 'Suele llegar con quince minutos de retraso']
  },
  calls: [
    {
      at: '2026-02-12',
      title: 'Dolor de muela',
      summary: 'Lucía llamó por un dolor de muela fuerte. Se le dio una cita urgente con la doctora Robles. Avisó de que no tolera la penicilina.',
      transcript: `A: Clínica dental, buenos días.
        Hola, desde anoche me duele muchísimo una muela y no he podido dormir.
        A: Lo siento mucho. ¿De qué lado es?
        Abajo a la derecha, la última del fondo.
        A: ¿Es usted alérgica a algún medicamento?
        Sí, a la penicilina, me salen ronchas por todo el cuerpo.
        A: Tomo nota. Puedo darle cita hoy a las cinco.
        Con la doctora Robles, por favor. Las agujas me dan pánico y ella me tranquiliza.
        A: De acuerdo, a las cinco con ella.
        Muchas gracias, voy andando porque vivo al lado del mercado.`
    },
    {
      at: '2026-04-23',
      title: 'Aparato de su hijo',
      summary: 'Preguntó cuánto cuesta el aparato de su hijo Mateo y si lo cubre el seguro. La póliza paga la mitad.',
      transcript: `A: Buenas tardes, ¿en qué puedo ayudarle?
        Quería saber cuánto costaría un aparato para mi hijo.
        A: ¿Qué edad tiene?
        Mateo cumplió ocho en marzo.
        A: ¿Tienen algún seguro?
        Sí, con Sanitas, el familiar.
        A: Entonces le cubren la mitad. Serían unos novecientos euros.
        Uf. ¿Se puede pagar a plazos?
        A: Sí, en doce cuotas sin intereses.
        Perfecto, lo hablo con mi marido y les digo algo.
        A: ¿Tiene coche para traerlo?
        No, venimos siempre en el autobús cuarenta y dos.`
    },
    {
      at: '2026-07-09',
      title: 'Cambio de cita',
      summary: 'Cambió la limpieza de la mañana a la tarde porque hace turnos de noche. Comentó que se va de vacaciones a Asturias en agosto.',
      transcript: `A: Dígame.
        Tengo una limpieza mañana a las nueve y no voy a llegar, salgo de guardia.
        A: ¿Dónde trabaja?
        Soy enfermera en urgencias, este mes me tocan todas las noches.
        A: ¿Le viene bien el jueves a las seis?
        El jueves tengo coro. Mejor el viernes.
        A: Muy bien, el viernes a las seis.
        Y en agosto no me llamen, que estamos en Asturias con los suegros.`
    },
    {
      at: '2026-09-30',
      title: 'Implante y visita de su madre',
      summary: 'Pidió un presupuesto para un implante y una primera visita para su madre, que usa silla de ruedas. Prefiere recibir el presupuesto por correo electrónico.',
      transcript: `A: Clínica dental, dígame.
        Al final me decido por el implante. ¿Me pueden mandar el precio por escrito?
        A: Claro, se lo envío por correo electrónico.
        Y quería traer a mi madre, que se ha mudado con nosotros desde Murcia.
        A: ¿Qué le pasa?
        Se le mueve la dentadura al masticar. Ojo, va en silla de ruedas desde la caída.
        A: Hay una entrada sin escalones por la calle Olmo.
        Estupendo, si no, no podríamos subir.`
    },
    {
      at: '2026-11-19',
      title: 'Encía inflamada después de la extracción',
      summary: 'Tenía la encía inflamada tres días después de la extracción. Se le recomendó enjuague con agua salada y volver el lunes.',
      transcript: `A: Buenos días, Lucía.
        Hola, tengo la encía hinchada desde que me sacaron la muela el lunes.
        A: ¿Tiene fiebre?
        No, unas décimas ayer y ya está.
        A: Enjuáguese con agua tibia y sal tres veces al día.
        Vale. ¿Y me podrían dar una copia de la radiografía? Me la pide mi prima, que es dentista en Lisboa.
        A: Se la preparamos.`
    }
  ],
  questions: {
    '¿A qué medicamentos es alérgica?': ['f-alergia', '1/6', '1/5', '1/summary/4'],
    'seguro dental': ['f-seguro', '2/6', '2/5'],
    '¿Cuántos años tiene su hijo?': ['f-hijo', '2/4'],
    '¿Qué doctora prefiere?': ['f-miedo', '1/8', '1/summary/3'],
    '¿A qué hora puede venir a las citas?': ['f-turno', '3/2', '1/7', '3/summary/2'],
    '¿Dónde trabaja Lucía?': ['f-turno', '3/4', '3/3'],
    'presupuesto del implante': ['o-presupuesto', '4/2', '4/summary/2'],
    'copia de la radiografía': ['o-radiografia', '5/6'],
    descuento: ['n-descuento'],
    '¿Cómo viene a la clínica, tiene coche?': ['2/12', '2/11'],
    '¿Se puede pagar en cuotas?': ['2/8', '2/9'],
    '¿Dónde pasan las vacaciones?': ['3/8', '3/summary/3'],
    'silla de ruedas de la madre': ['f-silla', '4/6', '4/summary/2'],
    'miedo a las agujas': ['f-miedo', '1/8'],
    '¿De dónde viene su madre, dónde vivía antes de mudarse?': ['4/4'],
    '¿Por qué llamó en abril?': ['2/summary/2', '2/2', 'f-seguro', 'f-hijo', '2/summary/3'],
    '¿Qué le dolía en febrero?': ['1/2', '1/summary/2'],
    '¿Quién es dentista en su familia?': ['5/6'],
    'inflamación de la encía': ['5/2', '5/summary/1', '5/summary/2'],
    '¿Qué día tiene coro?': ['3/6']
  }
})

const german = callerOf({
  name: 'Jonas Krüger',
  language: 'de',
  facts: {
    'f-tarif': ['2026-01-20', 'Hat den Tarif Glasfaser 250 mit zwei Jahren Laufzeit'],
    'f-router': ['2026-01-20', 'Benutzt eine eigene FRITZ!Box 7590'],
    'f-rechnung': ['2026-04-14', 'Möchte Rechnungen auf Papier, weil die Buchhaltung sie abheftet'],
    'f-werkstatt': ['2026-04-14', 'Betreibt eine Fahrradwerkstatt im Erdgeschoss'],
    'f-frau': ['2026-08-25', 'Seine Frau Hülya darf für den Vertrag sprechen'],
    'f-erreichbar': ['2026-08-25', 'Ist nur nach 18 Uhr erreichbar']
  },
  openItems: {
    'o-gutschrift': ['2026-08-25', 'Gutschrift von 30 Euro für den Ausfall im August steht noch aus'],
    'o-kuendigung': ['2026-11-17', 'Erwartet eine schriftliche Bestätigung der Kündigung für den alten Anschluss']
  },
  notes: {
    'n-kennwort': ['2026-02-03', 'Das Kundenkennwort lautet Bergziege'],
    'n-hund': ['2026-09-10', 'Techniker sollen vorher klingeln, der Hof ist abgeschlossen']
  },
  calls: [
    {
      at: '2026-01-20',
      title: 'Umstellung auf Glasfaser',
      summary: 'Herr Krüger bestellte den Glasfaseranschluss. Er will seinen eigenen Router behalten. Der Techniker kommt am 3. Februar.',
      transcript: `A: Guten Tag, wie kann ich helfen?
        Ich würde gern auf Glasfaser umsteigen, das Kupfer ist mir zu langsam.
        A: Gern. Wie viele Personen nutzen den Anschluss?
        Wir sind zu viert, und die Kinder streamen den ganzen Tag.
        A: Dann empfehle ich 250 Megabit. Brauchen Sie einen Router von uns?
        Nein, ich habe eine FRITZ!Box, die ist erst ein Jahr alt.
        A: Der Techniker kommt am 3. Februar zwischen acht und zwölf.
        Da bin ich im Urlaub, aber mein Schwiegervater macht auf. Er wohnt im Hinterhaus.
        A: Das vermerke ich.`
    },
    {
      at: '2026-04-14',
      title: 'Rechnung und Lieferadresse',
      summary: 'Es ging um die Form der Rechnungen und um eine neue Lieferadresse. Die Pakete sollen künftig in die Werkstatt geliefert werden.',
      transcript: `A: Guten Tag, Herr Krüger.
        Die Rechnungen kommen jetzt nur noch als PDF, das geht bei mir nicht.
        A: Möchten Sie wieder Papier?
        Ja, meine Buchhalterin heftet alles ab, die ist da eisern.
        A: Das stelle ich um.
        Und die Lieferadresse ist falsch. Pakete bitte in die Werkstatt, Lindenstraße 12.
        A: Was für eine Werkstatt ist das?
        Fahrräder. Ich repariere vor allem Lastenräder.
        A: Schön, dann weiß ich Bescheid.`
    },
    {
      at: '2026-08-25',
      title: 'Internetausfall',
      summary: 'Das Internet war drei Tage ausgefallen. Ursache war ein Bagger, der das Kabel durchtrennt hatte. Dem Kunden wurden 30 Euro zugesagt.',
      transcript: `A: Guten Tag.
        Seit Samstag habe ich kein Internet mehr, das Kartengerät in der Werkstatt geht auch nicht.
        A: In Ihrer Straße hat ein Bagger ein Kabel getroffen.
        Na toll. Ich verliere jeden Tag Umsatz, die Kunden können nur bar zahlen.
        A: Wir schreiben Ihnen 30 Euro gut.
        Und wenn ich nicht rangehe, sprechen Sie bitte mit meiner Frau, der Hülya.
        A: Wann erreichen wir Sie am besten?
        Abends ab sechs, tagsüber habe ich ölige Hände.`
    },
    {
      at: '2026-10-06',
      title: 'Umzug der Wohnung',
      summary: 'Die Familie zieht im Dezember nach Potsdam um. Herr Krüger möchte den Anschluss in der Werkstatt behalten und zu Hause einen neuen.',
      transcript: `A: Hallo Herr Krüger, was kann ich für Sie tun?
        Wir ziehen um, nach Potsdam, das Haus gehört meinen Eltern.
        A: Wann ist es so weit?
        Mitte Dezember, wenn die Heizung bis dahin fertig ist.
        A: Soll der Vertrag mitziehen?
        Nein, der bleibt für den Laden. In Potsdam brauche ich einen zweiten, mit Festnetz für meine Mutter.
        A: Ich schicke Ihnen ein Angebot.`
    },
    {
      at: '2026-11-17',
      title: 'Kündigung des alten Anschlusses',
      summary: 'Er kündigte den alten Kupferanschluss, der noch berechnet wurde. Eine Bestätigung soll per Post kommen.',
      transcript: `A: Guten Abend.
        Mir wird immer noch der alte Anschluss berechnet, neunzehn Euro im Monat.
        A: Das tut mir leid, der sollte längst gekündigt sein.
        Dann kündige ich ihn hiermit. Schicken Sie mir das bitte schriftlich.
        A: Sie bekommen einen Brief.
        Und mein Sohn Emil fragt, ob es ein Praktikum bei Ihnen gibt.
        A: Da soll er sich gern bewerben.`
    }
  ],
  questions: {
    'Welchen Tarif hat der Kunde?': ['f-tarif', '1/5'],
    Kundenkennwort: ['n-kennwort'],
    'Welchen Router benutzt er?': ['f-router', '1/6', '1/summary/3'],
    'Adresse für Lieferungen': ['2/6', '2/summary/2', '2/summary/3'],
    'Rechnung auf Papier oder per E-Mail?': ['f-rechnung', '2/2', '2/3', '2/4'],
    'Was repariert er in der Werkstatt?': ['f-werkstatt', '2/8'],
    'Wann ist Herr Krüger erreichbar?': ['f-erreichbar', '3/8', '3/7'],
    'Wer darf für ihn sprechen?': ['f-frau', '3/6'],
    'Gutschrift für den Ausfall': ['o-gutschrift', '3/5', '3/summary/4'],
    'Wohin zieht die Familie?': ['4/2', '4/summary/2'],
    'Bestätigung der Kündigung': ['o-kuendigung', '5/4', '5/summary/3'],
    'Warum war das Internet ausgefallen?': ['3/summary/3', '3/3', '3/summary/2', '3/2'],
    'Wie viele Personen nutzen den Anschluss?': ['1/4', '1/3'],
    'Wie heißt sein Sohn?': ['5/6'],
    'Wer öffnet dem Techniker die Tür?': ['1/8', 'n-hund'],
    Schwiegervater: ['1/8'],
    'Worum ging es im April?': ['2/summary/2', '2/summary/3', '2/2', '2/6', 'f-rechnung', 'f-werkstatt'],
    'Was hat er letzte Woche gesagt?': ['5/2', '5/4', '5/summary/2', '5/summary/3', 'o-kuendigung'],
    'Wie viel kostet der alte Anschluss im Monat?': ['5/2'],
    'Wann ist der Umzug?': ['4/4', '4/summary/2', '4/3']
  }
})

export const callers = [english, spanish, german]
