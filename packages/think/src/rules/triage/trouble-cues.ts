import { phrases } from "./fold.ts";
import type { UrgencyCue } from "./urgency-cues.ts";

const cue = (name: string, points: number, reason: string, ...lists: string[]): UrgencyCue => ({
  name,
  points,
  fromMachines: false,
  reason,
  pattern: phrases(...lists),
});

/**
 * Trouble as people of any trade describe it, without a word of urgency: what hurts, what leaks, what stands still,
 * what is spoilt. In folded letters; see fold.ts.
 */
export const TROUBLE_CUES: readonly UrgencyCue[] = [
  cue(
    "health",
    3,
    "somebody's health is at stake",
    "numb|numbness|no feeling in|can(?:no|')t (?:feel|breathe|move|stand up)|dizzy|faint(?:ed|ing)?|breathing|out of breath|chest pain|stroke|heart attack|infected|infection|pus|burn(?:t|ed) (?:his|her|my|him|their)|scald~|cut (?:his|her|my) (?:hand|finger|leg|head|arm)|stitches|broken (?:arm|leg|hand|wrist|tooth|rib)|fractur~|concussion|contractions|waters broke|convulsi~|having a (?:fit|seizure)|swallowed|ate (?:a whole|half a|some of the)|has eaten|shaking|trembling|limping|throwing up|diarrh~|(?:won't|hasn't|not) (?:eat|eaten|eating|drink|drinking)|hit by a|run over|bitten|stung|in labou?r|calving|foaling|colic|wound|bleeds?",
    "taub|kein gefuhl|gefuhllos|schwindel~|schwindlig|ohnmacht~|bewusstlos|atmet|atemnot|herzinfarkt|schlaganfall|entzundet|entzundung|eiter~|verbrannt|verbruh~|(?:in den finger|in die hand) geschnitten|(?:arm|bein|hand) gebrochen|schwer gesturzt|hingefallen|wehen|krampf(?:t|anfall~)|nichts (?:mehr )?gefressen|verschluckt|zittert|humpelt|lahmt|erbricht|ubergibt sich|durchfall|gebissen|gestochen|angefahren|wunde|kolik",
    "no siento|sin sensibilidad|mare(?:o|ad[oa]|os)|desmay~|respira(?:r)? (?:mal|con dificultad)|no respira|infeccion|infectad[oa]|pus|quemad[oa]|quemadura|fractur~|partido (?:el|la|un|una)|convulsion~|se ha tragado|se ha comido|tiembla|temblando|cojea|vomita~|diarrea|mordid[oa]|picadura|atropellad[oa]|herida|no come",
    "engourdi~|ne sens plus|vertiges?|evanoui~|respire (?:mal|difficilement)|infecte~|pus|s'est brule~|s'est coupe~|fracture~|contractions|convulsions?|a avale|a mange (?:du|un|une)|tremble|boite|vomit|vomissements?|diarrhee|mordue?|piquee? par|renversee? par|plaie|ne mange plus",
  ),
  cue(
    "house",
    3,
    "a building or what is in it takes harm",
    "soaked|soaking|dripping|overflow~|(?:drain|toilet|sink|sewer) (?:is )?(?:blocked|backed up)|blocked (?:drain|toilet)|sewage|(?:runs?|running|coming|comes|pouring|pours) (?:in|into|through|down) (?:the |our |my )?(?:corridor|ceiling|wall|roof|flat|room|cellar|kitchen|floor|downstairs)|new crack|crack (?:in|has|is)|fuse (?:has )?blown|keeps? tripping|burning smell|power cut|(?:boiler|heating|freezer|fridge|cold room|pump) (?:is |has |has been )?(?:dead|out|off|cold|broken|down|gone|stopped|failed)|(?:stays|stone|ice) cold|minus \\d+|freezing (?:in|cold)|(?:wasps?|hornets?|bees?) (?:nest|in)|(?:locked|shut|trapped|stuck) (?:in(?!to)|inside|him|her|them)|has trapped|trapped|alarm (?:is |has been )?(?:going off|ringing|blaring)|siren|(?:door|gate|lock|key box|safe|shutter) (?:does not|doesn't|won't|will not|cannot|can't) (?:be )?(?:open|close|lock|shut)|roof (?:is )?(?:off|open|blown|leak~)|tree (?:has )?(?:fallen|fell|down)|mushroom|soot",
    "durchnasst|klatschnass|lauft (?:uber|aus|durch|in (?:den|die|das))|kommt (?:\\w+ )?durch die (?:decke|wand)|durch die decke|verstopft|ruckstau|abwasser|keller (?:ist )?(?:voll|unter)|neuer riss|risse?|sicherung (?:fliegt|springt|raus)|brandig|verschmort|(?:heizung|kuhlung|kuhlhaus|kuhlschrank|tiefkuhler|pumpe|therme|kessel) (?:ist |seit |lauft |geht |bleibt )?(?:\\w+ ){0,3}(?:kalt|aus|tot|nicht|ausgefallen|defekt|warm)|ist die heizung|minus \\d+|eiskalt|wespen~|hornissen~|eingeschlossen|eingesperrt|sitzt fest|sitzen fest|steckt fest|alarmanlage|sirene|heult|(?:tur|tor|schloss|rolladen) (?:geht|lasst sich|schliesst|offnet) (?:\\w+ ){0,2}nicht|bekommt die tur nicht|kriegen die tur nicht|dach (?:abgedeckt|undicht)|umgesturzt",
    "empapad[oa]|gotera~|cae agua|desbord~|atascad[oa]|aguas fecales|grieta~|salta~ (?:el|los) (?:diferencial|plomos)|huele a quemado|(?:caldera|calefaccion|nevera|camara|congelador|bomba) (?:esta |se ha |no )?(?:parad[oa]|muert[oa]|averiad[oa]|funciona|enciende|apagad[oa]|estropead[oa])|bajo cero|avispas?|avispero|encerrad[oa]|atrapad[oa]|sirena|la alarma (?:suena|no para)|no (?:se )?(?:abre|cierra)|tejado|arbol caido",
    "trempee?|goutte~|deborde~|bouchee?s?|egouts?|eaux usees|fissure~|lezarde|disjoncte~|sent le brule|(?:chaudiere|chauffage|frigo|chambre froide|congelateur|pompe) (?:est |ne |n'|s'est )?(?:\\w+ ){0,2}(?:en panne|morte?|arretee?|eteinte?|coupee?|marche|chauffe|froide?)|moins \\d+ degres|gele~|frelons?|guepes?|essaim|enfermee?s?|coincee?s?|sirene|l'alarme (?:sonne|hurle)|ne (?:s'ouvre|ferme|se ferme) (?:plus|pas)|toiture|arbre (?:est )?tombe",
  ),
  cue(
    "road",
    2.6,
    "somebody cannot go on",
    "brakes? (?:went|are|is|fail~|gone|have)|brake (?:pedal|failure)|no brakes|steering|won't start|wouldn't start|broken down|breakdown|flat tyre|tyre (?:has )?burst|tow(?:ed|ing)? truck|on the (?:motorway|hard shoulder)|missed (?:my|our|the) (?:train|flight|connection|ferry)|flight (?:is )?(?:tonight|tomorrow|today|leaves)|fly (?:tonight|tomorrow|today)|at the airport|turned away|refused (?:at|entry)|no room for us|no reservation",
    "bremsen?|lenkung|springt nicht an|liegengeblieben|liegen geblieben|panne|reifen (?:ist )?(?:geplatzt|platt)|abschlepp~|auf der a ?\\d+|standstreifen|autobahn|zug verpasst|flug (?:geht|ist)|am flughafen|stehen vor (?:der|verschlossener)|kein zimmer|keine reservierung",
    "frenos?|manillar|direccion (?:se|no)|no arranca|tirad[oa]s? en|pinchazo|reventado|grua|autovia|autopista|perdido el (?:tren|vuelo)|en el aeropuerto|vuelo (?:sale|es)|no hay reserva|sin habitacion",
    "freins?|ne demarre (?:plus|pas)|tombee?s? en panne|pneu (?:creve|eclate)|depanneuse|depannage|autoroute|rate (?:le|mon|notre) (?:train|vol|avion)|a l'aeroport|l'avion (?:part|decolle)|pas de reservation|pas de chambre",
  ),
  cue(
    "goods",
    1.7,
    "goods are spoilt, wrong or too few",
    "tastes? (?:of|like|off)|gone off|(?:is|are|was|were) (?:off|sour|mouldy|moldy|rotten|spoil(?:t|ed)|crushed|squashed|smashed|shattered|melted|thawed|dead|leaking)|(?:piece|bit|shard|splinter)s? of (?:glass|metal|plastic)|glass in|metal in|foreign body|insects? in|maggots?|only (?:\\w+ ){0,2}(?:of|out of)|instead of \\w+|\\d+ (?:short|missing|too few)|(?:wrong|old|other|different) (?:ones?|version|name|page|drawings?|plans?|file|product|colou?r|person|recipient|address|date|dose|key|blood)|misspell~|misprint~|can this be put right|refused|rejected|(?:sent|mailed|posted) (?:\\w+ ){0,5}to the wrong|lost (?:my|our|the|his|her) (?:\\w+ )?(?:passport|keys?|phone|laptop|card|ring|file|data)|account number (?:has )?changed|new account number",
    "schmeckt (?:nach|komisch)|verdorben|schimmel~|verschimmelt|vergammelt|sauer geworden|zerdruckt|zerbrochen|zersplittert|geschmolzen|aufgetaut|(?:glas|metall)(?:splitter|stuck)~?|scherben?|fremdkorper|maden|nur \\w+ (?:von|statt)|statt \\w+|zu wenig|(?:falsche[nrsm]?|alte[nr]?|verkehrte[nr]?) (?:ware|name|plane?|version|person|empfanger|adresse|datum|farbe|grosse)|falsch geschrieben|vertauscht|abgelehnt|zuruckgewiesen|verloren|kontonummer (?:hat sich )?geandert",
    "sabe (?:a|mal|raro)|en mal estado|caducad[oa]|podrid[oa]|moho|aplastad[oa]|destrozad[oa]|derretid[oa]|descongelad[oa]|(?:trozo|cristal|trozos) de (?:cristal|vidrio|metal|plastico)|solo (?:\\w+ )?(?:de|en vez)|en (?:vez|lugar) de|mal (?:escrito|impreso)|rechazad[oa]|perdid[oa]|persona equivocada|cuenta (?:ha cambiado|nueva)",
    "gout (?:de|bizarre)|avariee?|pourrie?s?|moisi~|ecrasee?s?|casse[es]*|fondue?s?|decongel~|(?:morceau|bout|eclat)s? de (?:verre|metal|plastique)|que \\w+ (?:\\w+ )?(?:sur|au lieu)|au lieu de|il manque|mal (?:ecrit|orthographie)|refuse[es]*|perdue?s?|mauvaise? (?:personne|adresse|nom|date|page|plan)|numero de compte (?:a change|change)",
  ),
  cue(
    "standing still",
    2.4,
    "people or work stand still",
    "nobody (?:can|could|is able|gets?|picks up|answers)|no one (?:can|could|is able|gets?|picks up|answers)|none of us can|whole (?:office|team|shop|site|school)|sitting (?:around|idle|here)|(?:stand|standing|stood|are|is|came|come) (?:idle|still|to a (?:halt|stop))|(?:work|everything|deliveries|production|machine|line|till|register) (?:\\w+ )?(?:has |have |is |are )?(?:stopped|standing still|stuck|frozen|blocked)|blank (?:page|screen)|(?:white|blue|black) screen|does not pick up|doesn't pick up|(?:are|is) here and (?:you|nobody|no one)|you are not (?:here|there)?$|and you are not|(?:workers|men|crew|team|fitters|guests|people|children|couple|patients?) (?:are|is) (?:here|waiting|outside|asking|standing)|the staff are|inspector|auditor(?:s)? (?:are|is)",
    "keiner (?:kann|kommt|erreicht)|niemand (?:kann|kommt|erreicht)|ganze (?:buro|team|firma|betrieb|schule)|(?:arbeit|maschine|band|kasse|anlage|baustelle) (?:steht|stehen|ruht)|(?:weisser|schwarzer|blauer|blau|schwarz) (?:bildschirm|schirm)|nur noch blau|(?:leute|manner|gaste|kinder|patienten|kunden|arbeiter) (?:stehen|warten|sind (?:schon )?da)|prufer|kontrolle(?:ur)?|sie sind nicht da",
    "nadie puede|nadie (?:contesta|responde|coge)|toda la (?:oficina|obra|clase|plantilla)|parad[oa]s? (?:la|el|toda|todo)|paro la|pantalla (?:en )?(?:blanco|azul|negra)|(?:obreros|clientes|invitados|ninos|pacientes|operarios) (?:\\w+ )?(?:esperando|no quieren|estan|aqui|en la)|inspector|no ha venido|no estais",
    "personne ne (?:peut|repond|decroche)|tout(?:e)? (?:le bureau|l'equipe|le chantier|la boutique)|(?:chantier|machine|production|caisse|travail) (?:est )?(?:arretee?|a l'arret|bloquee?)|ecran (?:blanc|bleu|noir)|(?:ouvriers|clients|invites|enfants|patients) (?:\\w+ )?(?:attendent|sont la|devant|partent)|inspecteur|transporteur est la|livreur est la|vous n'etes pas la|ne repondez plus|ne decroche",
  ),
  cue(
    "help",
    1.3,
    "somebody does not know what to do",
    "what (?:do|should|shall|can) (?:i|we) do|what now|can (?:you|someone|somebody|anyone) (?:please )?(?:come|help|send someone)|(?:can|could|may) we (?:bring|come)|please (?:come|help|send (?:someone|somebody))|send (?:someone|somebody)|do not know what to do|don't know what to do|should (?:i|we) (?:pay|stop|go|wait|send|call|cancel|open)|can this be (?:put right|fixed|changed|stopped)",
    "was (?:soll|sollen|mache|machen|tun|tue) (?:ich|wir)|was nun|konnen (?:sie|wir) (?:\\w+ ){0,3}(?:kommen|vorbeikommen|schicken)|bitte (?:\\w+ )?(?:kommen|helfen|jemanden)|jemanden schicken|weiss nicht weiter|wissen nicht weiter|soll ich|sollen wir",
    "que (?:hago|hacemos|debo hacer)|puede[ns]? venir|podeis venir|podemos (?:ir|llevar|pasar)|mand(?:en|ad|e) a alguien|no se que hacer|no sabemos que hacer|paro (?:la|el)|¿?puedo (?:llevar|ir)",
    "que (?:faire|dois-je|doit-on|fait-on)|on fait quoi|je fais quoi|pouvez[- ]vous (?:venir|passer|envoyer)|peut-on (?:venir|passer)|envoyez quelqu'un|ne sais (?:pas|plus) quoi faire|je le fais|dois[- ]je|quelqu'un peut",
  ),
  cue(
    "event",
    1.1,
    "it is for an occasion",
    "(?:party|wedding|funeral|service|christening|birthday|reception|opening|ceremony|hearing|exam|operation|surgery|dinner|event|match|concert|presentation|court|notary|auction)|coming at|people coming|we have \\d+ (?:people|guests|covers)|starts? (?:in|at)|begins? (?:in|at)|goes out|leaves? (?:in|at)|sails|small children|baby|elderly|pregnant|my (?:mother|father) is \\d\\d|in a wheelchair",
    "feier|hochzeit|beerdigung|trauerfeier|taufe|geburtstag|eroffnung|termin beim (?:notar|gericht)|gericht|notar|prufung|operation|veranstaltung|konzert|beginnt|fangt (?:\\w+ )?an|kommen um|kleine kinder|kleinkind|baby|saugling|mutter ist \\d\\d|vater ist \\d\\d|rollstuhl|schwanger",
    "boda|fiesta|entierro|funeral|bautizo|cumpleanos|inauguracion|juicio|notari[oa]|examen|operacion|evento|concierto|empieza|vienen \\d+|llegan|ninos pequenos|bebe|mayor(?:es)?|embarazada|silla de ruedas|madre tiene \\d\\d",
    "fete|mariage|enterrement|obseques|bapteme|anniversaire|inauguration|tribunal|notaire|examen|operation|evenement|concert|commence|arrivent a|enfants|bebe|personne agee|enceinte|fauteuil roulant|mere a \\d\\d",
  ),
  cue(
    "threat",
    3,
    "the sender threatens with the law or the public",
    "(?:go|going|hand (?:it|this) over|write|report (?:it|this|you)) to (?:my |the |our |a )?(?:lawyer|solicitor|newspaper|press|police|ombudsman|council|authorities|insurance)|file a complaint|press charges|dispute the (?:charge|payment)|chargeback",
    "(?:gebe|ubergebe|schalte) (?:\\w+ ){0,5}(?:anwalt|anwaltin|zeitung|presse|polizei|schlichtung~)|erstatte anzeige|anzeige (?:raus|erstatten)|zur polizei|storniere den vertrag|trete zuruck|rucktritt vom",
    "pon(?:go|dre|dremos) (?:\\w+ ){0,3}(?:denuncia|reclamacion)|voy a denunciar|ir(?:e|emos) a (?:la policia|un abogado|consumo|la prensa)|mi abogad[oa]",
    "depose(?:r|rai)? plainte|porte(?:r|rai)? plainte|je saisis|saisir (?:le|la|mon)|mon avocat|a la presse|association de consommateurs",
  ),
];
