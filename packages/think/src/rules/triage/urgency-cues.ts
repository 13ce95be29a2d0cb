import { phrases } from "./fold.ts";

/** One kind of thing that makes a mail urgent. All lists are in folded letters; see fold.ts. */
export interface UrgencyCue {
  name: string;
  /** For the owner, as the end of "Urgent: ...". */
  reason: string;
  pattern: RegExp;
  /** Points; UrgencyLimits in judge-urgency.ts says what they buy. */
  points: number;
  /** True when a machine's word is enough (a monitor, a bank). */
  fromMachines: boolean;
}

const cue = (
  name: string,
  points: number,
  fromMachines: boolean,
  reason: string,
  ...lists: string[]
): UrgencyCue => ({ name, points, fromMachines, reason, pattern: phrases(...lists) });

export const URGENCY_CUES: readonly UrgencyCue[] = [
  cue(
    "harm",
    3,
    true,
    "somebody or something may come to harm",
    "(?:come|came|coming|fallen|fell|falling) (?:off|down|away|loose)|about to (?:fall|collapse|give)|could fall|might fall|gas leak|smell(?:s|ing)? (?:of )?(?:gas|burning|smoke)|smoke|on fire|caught fire|sparks?|sparking|electric(?:al)? shock|burst pipe|pipe (?:has )?burst|leak(?:s|ed|ing)?|flood(?:s|ed|ing)?|water (?:is )?(?:everywhere|dripping|pouring|coming)|dripping through|pouring (?:in|out|through)|ceiling (?:is )?(?:coming down|collaps~|leak~)|collaps(?:e|ed|ing)|injur(?:y|ed|ies)|hurt (?:him|her|my)self|bleeding|swollen|swelling|unconscious|hospital|ambulance|a ?& ?e|emergency room|allergic|anaphyla~|allergy|severe pain|temperature of 3\\d|3\\d\\.\\d degrees|been sick|being sick|rash|hives|swallow~|tooth (?:has )?(?:come out|knocked out|broke~|fell out)|knocked out|abscess|throbbing|(?:can(?:no|')t|unable to) (?:sleep|eat|breathe|close|swallow|walk)|has died|passed away|in (?:a lot of |great |terrible |so much )?pain|feverish|high fever|poison~|contaminat~|infest~|rats?|mould on|food poisoning|recall(?:ed)?|unsafe|dangerous|hazard~|safety (?:issue|risk|problem|concern)|choking|overdose|suicid~|broken glass|break-?in|broken into|burgl~|stolen|theft|locked out|stuck in the (?:lift|elevator)|stranded|no (?:heating|hot water|water|power|electricity)|without (?:heating|hot water|water|power|electricity)|frozen pipes?|carbon monoxide|police|accident|crash(?:ed)? (?:into|the (?:car|van))|collapsed|vomit~|seizure|chest pains?",
    "(?:herunter|runter|ab|um)gesturzt|(?:herunter|runter|um|ab)gefallen|droht (?:\\w+ ){0,3}zu|gasgeruch|riecht (?:es )?nach gas|brandgeruch|rauch|brennt|funken|stromschlag|rohrbruch|wasserschaden|undicht|leckt?|tropft|uberflut~|unter wasser|wasser lauft|eingesturzt|verletz~|blutet|blutung|geschwollen|schwellung|krankenhaus|klinikum|notarzt|notaufnahme|rettungswagen|allergisch~|starke[nr]? schmerz~|fieber|ausschlag|zahn (?:\\w+ ){0,3}(?:raus|abgebrochen|ausgeschlagen|rausgebrochen)|backe ist dick|dicke backe|pocht|kann nicht (?:schlafen|essen|schlucken)|vom dach|schmerzen|hohes fieber|vergift~|verunreinig~|ruckruf~|gefahrlich|gefahr|unfall|einbruch|eingebrochen|gestohlen|ausgesperrt|steckt im aufzug|heizung (?:ist )?(?:ausgefallen|kaputt|defekt)|heizungsausfall|kein(?:e|en)? (?:heizung|warmwasser|strom|wasser)|stromausfall|kohlenmonoxid|polizei",
    "se ha (?:caido|descolgado|desprendido|derrumbado|hundido)|a punto de (?:caer|romper)~|fuga de (?:gas|agua)|olor a (?:gas|quemado)|huele a (?:gas|quemado)|humo|incendio|chispas|descarga electrica|tuberia rota|inundad[oa]|inundacion|gotea~|goteras?|entra agua|sale agua|herid[oa]|lesionad[oa]|sangra~|hinchad[oa]|hinchazon|hospital|ambulancia|urgencias|alergic[oa]|reaccion alergica|alergia|dolor (?:fuerte|intenso|muy|insoportable)|me duele|le duele|sarpullido|ronchas|diente (?:\\w+ ){0,4}(?:caido|roto|salido)|se le ha salido un diente|flemon|no puede (?:comer|dormir|cerrar|tragar)|mucho dolor|fiebre|intoxica~|contaminad[oa]|peligro|peligros[oa]|accidente|robo|robad[oa]|sin (?:luz|agua|calefaccion|agua caliente)|atrapad[oa]|policia",
    "s'est (?:decroche|effondre|detache|ecroule)[es]*|menace de tomber|va tomber|plaques (?:rouges? )?sur|rougeurs?|eruption|dent (?:\\w+ ){0,4}(?:cassee|arrachee|tombee)|abces|ne (?:peut|peux) plus (?:manger|dormir|fermer|avaler|marcher)|mal (?:aux dents|a la dent|insupportable)|fuite (?:de gaz|d'eau)?|odeur de (?:gaz|brule)|ca sent le (?:gaz|brule)|fumee|incendie|etincelles|decharge electrique|inond~|degat des eaux|l'eau (?:coule|monte)|blesse~|saigne~|gonfle~|hopital|ambulance|aux urgences|allergique|allergie|douleurs? (?:fortes?|intenses?|aigue?s?)|tres mal|fievre|intoxication|contamine~|dangereux|dangereuse|danger|accident|cambriol~|vole|volee|enferme[es]* dehors|sans (?:chauffage|electricite|eau|eau chaude)|plus de (?:chauffage|courant|electricite)|coince[es]*|police",
  ),
  cue(
    "outage",
    3,
    true,
    "something that work depends on does not run",
    "(?:is|are|went|has gone|gone|been) (?:completely |totally |all )?(?:down|offline|dead)|outage|(?:has |have )?(?:stopped|quit) (?:working|dead)|(?:does not|doesn't|do not|don't|isn't|is not|aren't|won't|not) (?:work(?:ing)?|start(?:ing)?|turn(?:ing)? on|print(?:ing)?|respond(?:ing)?|load(?:ing)?|open(?:ing)?|boot(?:ing)?|reachable|clos(?:e|ing)|lock(?:ing)?)|broken down|broke down|breakdown|standstill|at a stand ?still|can(?:no|')t (?:log ?in|access|get in|open|trade|work|take (?:any )?(?:card|payment)s?|bill|ship|send|print|reach the|process)|cannot (?:log ?in|access|get in|open|trade|work|take (?:any )?(?:card|payment)s?|bill|ship|print|process)|unable to (?:log ?in|access|work|trade|process)|unreachable|unavailable|server (?:is )?down|error (?:50\\d|code)|production (?:has )?(?:stopped|is stopped|stands)|line (?:has )?stopped|data loss|lost all|backup (?:has )?failed|job failed|failed backup|disk (?:is )?(?:full|almost full)|critical|out of stock|run out of|ran out of|ransomware|hacked|crash(?:es|ed|ing)|kaput|total loss",
    "ausgefallen|ausfall|funktioniert (?:\\w+ ){0,2}nicht|geht (?:\\w+ ){0,2}nicht(?: mehr)?|geht nichts mehr|lauft nicht|startet nicht|steht still|stillstand|stehen still|offline|nicht erreichbar|nicht mehr erreichbar|absturz|absturz~|sturzt ab|storung|gestort|(?:konnen|kann|komme|kommen) (?:\\w+ ){0,4}nicht (?:mehr )?(?:arbeiten|einloggen|anmelden|rein|offnen|kassieren|drucken|zugreifen)|datenverlust|produktion steht|kaputt|defekt|gehackt|fehlgeschlagen|kritisch",
    "no funciona~?|ha dejado de funcionar|dejo de funcionar|no arranca|no enciende|no responde|caid[oa]|se ha caido|se cayo|averia|averiad[oa]|no podemos (?:trabajar|cobrar|acceder|entrar|abrir)|no puedo (?:acceder|entrar|abrir|cobrar)|parad[oa]s?|fuera de servicio|sin servicio|perdida de datos|roto|rota|hackead[oa]|fallo critico|copia de seguridad fallida",
    "en panne|panne|ne (?:fonctionne|marche|demarre|repond|s'allume|ferme) (?:plus|pas)|hors service|hors ligne|bloque[es]*|a l'arret|injoignable|inaccessible|impossible de (?:se connecter|acceder|travailler|encaisser|ouvrir|facturer)|plantage|plante|coupure|perte de donnees|pirate[es]*|casse[es]*|critique|interrompu[es]*",
  ),
  cue(
    "waiting",
    3,
    false,
    "somebody is waiting right now",
    "(?:i'?m|i am|we'?re|we are|he is|she is|he's|she's|they are|they're|driver is|van is|crew is|team is|guests? (?:is|are)|customers? (?:is|are)|patient is|client is|people are|courier is) (?:\\w+ ){0,3}(?:waiting|standing (?:outside|here|at|in front)|outside|at (?:the|your) (?:door|gate|reception|site|desk|entrance)|on (?:the )?(?:site|hold|line|phone|platform)|stuck|sat here|sitting here|already here)|waiting (?:here|outside|downstairs|for you (?:here|now|at))|please (?:call|ring|phone) (?:me|us|him|her)?(?: back)? ?(?:asap|now|immediately|as soon as|urgently|straight|right)|call me (?:back )?(?:asap|now|immediately|as soon as|urgently|straight|right|the moment)|nobody (?:is here|has (?:come|turned up|shown up|arrived)|came|showed up|turned up)|no one (?:is here|has (?:come|turned up|shown up|arrived)|came|showed up|turned up)|(?:hasn't|has not|have not|haven't) (?:turned up|shown up|arrived yet)|no sign of|where are you|(?:is|are) (?:someone|anyone|anybody|you) coming|hasn't been|on (?:our|my) way|(?:can|could) (?:we|i) come (?:in |round |over )?(?:now|today|straight)|before (?:the|it|he|she|you|they) (?:van |driver )?(?:goes?|leaves?|closes?)|every hour (?:costs|counts)|gate is locked|nobody answers|no one answers|can stay until|holding the slot",
    "(?:stehe|stehen|steht|warte|warten|wartet|sitze|sitzen) (?:\\w+ ){0,4}(?:vor|hier|draussen|unten|schon|bereits|an der|am tor|auf der baustelle|seit)|rufen sie (?:mich|uns) (?:\\w+ ){0,2}(?:sofort|umgehend|gleich|dringend|schnell)|ruf(?:en sie)? (?:\\w+ ){0,3}(?:sofort|umgehend|gleich) (?:an|zuruck)|niemand (?:ist )?(?:da|gekommen|erschienen)|keiner (?:ist )?(?:da|gekommen)|noch nicht (?:da|eingetroffen|erschienen)|wo (?:bleibt|bleiben|sind sie|bist du)|(?:sind|ist) (?:schon |bereits )?unterwegs|stehen schlange|jede stunde|nicht da|geht (?:keiner|niemand) ran|kommt (?:noch )?jemand",
    "(?:estoy|estamos|esta|estan) (?:\\w+ ){0,3}(?:esperando|en la puerta|fuera|aqui|delante|parad[oa]s? (?:en|delante))|llam(?:e|a|eme|ame|enos|anos) (?:\\w+ ){0,3}(?:ya|ahora|cuanto antes|inmediatamente|urgente~|enseguida)|nadie (?:ha (?:venido|llegado|aparecido)|vino|llego)|no ha (?:llegado|aparecido|venido)|donde (?:estan|esta(?:is)?)|de camino|no (?:lo )?coge(?:is|n)? (?:nadie|el telefono)?|no cogeis|hay alguien|va a venir alguien",
    "(?:suis|sommes|est|sont|attend|attends|attendons|attendent) (?:\\w+ ){0,4}(?:devant|dehors|sur place|sur le (?:chantier|quai)|a la porte|en bas|ici)|rappelez[- ](?:moi|nous) (?:\\w+ ){0,3}(?:vite|urgence|immediatement|suite|maintenant|des que)|personne n'est (?:venu~?|la|passe~?|arrive~?)|n'est (?:toujours )?pas (?:arrive~?|venu~?|la)|ou etes[- ]vous|en route|on arrive|personne ne repond|quelqu'un (?:peut|vient)|on peut passer|qu'est-ce qu'on fait",
  ),
  cue(
    "anger",
    3,
    false,
    "the sender is angry or threatens with the law",
    "lawyers?|solicitors?|attorneys?|legal (?:action|steps|proceedings|team|advice)|court|sue you|small claims|ombudsman|trading standards|final (?:notice|reminder|demand|warning)|last (?:warning|chance)|letter before action|notice of (?:termination|default|breach)|breach of contract|bailiff|eviction|injunction|chargeback|unacceptable|disgrace~|outrag(?:ed|eous)|furious|appalled|appalling|disgusted|fed up|livid|beyond a joke|not good enough|ridiculous|had enough|third (?:time|e-?mail|message)|fourth (?:time|e-?mail|message)|(?:still )?(?:no|not had a|without a|without any) (?:reply|answer|response) (?:to|from|after|since)|(?:demand|want|expect) (?:\\w+ ){0,3}(?:a |full |my |our )?(?:refund|money back|compensation|explanation)|cancel(?:ling)? (?:the|our|my) (?:contract|account|membership)|take our business|go elsewhere|report you|leave a review|one star|social media|the press|withhold",
    "anwalt~?|rechtsanwalt~?|rechtliche schritte|gericht~?|klage|verklagen|mahnbescheid|letzte mahnung|letztmalig|letzte (?:frist|warnung|aufforderung)|fristsetzung|inverzugsetzung|abmahnung|gerichtsvollzieher|inkasso~?|kundigung|fristlos~?|vertragsstrafe|schadensersatz|verbraucherzentrale|inakzeptabel|unverschamt~?|unzumutbar|unmoglich|frechheit|wutend|emport|sauer|entsetzt|reicht es|zum dritten mal|dritte (?:mail|nachricht|e-mail)|immer noch keine (?:antwort|ruckmeldung|reaktion)|geld zuruck",
    "abogad[oa]s?|acciones legales|medidas legales|demanda(?:r|remos)?|juzgado|tribunal|denuncia~?|burofax|ultimo aviso|ultima (?:advertencia|oportunidad)|requerimiento|consumo|hoja de reclamaciones|reclamacion|inaceptable|verguenza|indignad[oa]s?|furios[oa]|hart[oa]s?|intolerable|tercera vez|tercer (?:correo|mensaje)|sin respuesta|nadie (?:me |nos )?(?:contesta|responde)|devuelvan el dinero|reembolso inmediato|rescindir",
    "avocat~?|mise en demeure|tribunal|poursuites?|action en justice|voie judiciaire|huissier|dernier (?:avis|rappel|avertissement)|derniere relance|resiliation|resilier|dgccrf|inacceptable|inadmissible|scandaleux|honteux|furieux|furieuse|excede[es]*|ras[- ]le[- ]bol|j'en ai assez|troisieme (?:fois|mail|message|relance)|toujours (?:pas|aucune) (?:de )?(?:reponse|nouvelles?)|sans reponse|remboursement immediat|dedommagement|indemnisation",
  ),
  cue(
    "enforcement",
    3,
    true,
    "an authority or a court sets a last date",
    "enforcement|proceedings|statutory demand|court order|seizure|inspect(?:or|ion) (?:\\w+ ){0,3}(?:today|tomorrow)|withdraw(?:n|al)? (?:from|of) (?:sale|the product)|taken off sale|undeclared|case (?:will be )?closed in|evidence (?:is )?due|returned to (?:the )?(?:shipper|sender)",
    "vollstreck~|pfandung~|zwangs~|ordnungsgeld|bussgeld~|anzeige wegen|strafanzeige|vom markt|ware sperren|nicht mehr verkaufen|aus dem verkauf|gesundheitsamt|lebensmittelkontroll~|lebensmitteluberwachung",
    "embargo|apremio|ejecucion|sancion|multa|inspeccion (?:\\w+ ){0,3}(?:hoy|manana)|retirada? (?:del mercado|de la venta|inmediata)|retirar de la venta|alerta (?:sanitaria|alimentaria)",
    "saisie|contrainte|commandement de payer|execution forcee|astreinte|retrait (?:du marche|de la vente|immediat)|retirer de la vente|rappel (?:de produit|produit|conso)|controle (?:sanitaire|veterinaire)",
  ),
  cue(
    "alarm",
    3,
    true,
    "a monitor raises an alarm",
    "\\[?(?:alarm|alert|critical|down|problem|failed|failure|error|warning|degraded|firing)\\]?(?:[:!]| -| \\(|$)|alarm|threshold exceeded|above (?:the )?threshold|below (?:the )?threshold|temperature (?:is )?(?:high|rising|above|low)|too (?:warm|hot|cold)|degraded|no (?:signal|connection|response) (?:since|for)|disk (?:\\d+ )?failed|smart (?:error|failure)|raid|intrusion|smoke detected|water detected|battery (?:low|critical)|is down|went down|http 50\\d|ssl (?:certificate )?(?:expired|expires)|certificate (?:has )?expired|has expired",
    "alarm~?|storung|grenzwert|schwellwert|uberschritten|ausfall|fehlgeschlagen|kritisch|abgelaufen|temperatur (?:zu |steigt)",
    "alarma|alerta|caido|fallo|umbral|superad[oa]|caducado|ha caducado|temperatura (?:alta|sube)",
    "alarme|alerte|seuil|depasse|echec|en panne|a expire|est expire|temperature (?:haute|elevee|monte)",
  ),
  cue(
    "short",
    0.9,
    false,
    "something is missing, wrong or not there",
    "missing|wrong|forgot(?:ten)?|nothing|nobody|no one|none|never (?:came|arrived|received)|not (?:there|here|come|arrived|been|what)|hasn't|haven't|isn't|aren't|won't|no (?:bread|cake|flowers|delivery|sign|reply|answer|driver|one|staff|stock)|out of|ran|broke[n]?|stuck|snapped|fell|fallen|come off|came off|bent|loose|hanging|emergency|terrible|awful|worried|panic~|afraid|scared|worse|serious|instead of|not enough|too (?:few|little|small|late|many)|mix-?up|mistake|error",
    "fehl(?:t|en|er|erhaft~)|falsch~?|vergessen|nichts|niemand|keiner|kein(?:e|en|er)?|nicht (?:da|gekommen|geliefert|angekommen|fertig|mehr)|kaputt|defekt|abgebrochen|gebrochen|klemmt|verklemmt|lose|runtergefallen|heruntergefallen|schlimm~?|furchtbar|sorgen|panik|angst|ernst|statt|zu (?:wenig|klein|spat|viel)|verwechs~|irrtum|problem~?|steht (?:und|da)|stehen (?:und|da)|wartet|warten",
    "falta[n]?|equivocad[oa]s?|olvidad[oa]|nada|nadie|ningun[oa]?|no (?:esta|estan|ha|han|hay|ha llegado|cierra|abre|puede|llega|coge|era|es)|rot[oa]|se ha (?:roto|caido|descolgado|soltado|quedado)|atascad[oa]|suelt[oa]|grave|preocupad[oa]|miedo|no nos atrevemos|error|en vez de|en lugar de|demasiado|poco|esperando",
    "manque[nt]*|mauvais~?|oublie[es]*|rien|personne|aucune?|pas (?:la|arrive~?|livre~?|recu~?|venu~?|assez)|casse[es]*|coince[es]*|bloque[es]*|detache[es]*|tombe[es]*|abime[es]*|grave|inquiet~?|inquiete|peur|erreur|au lieu de|trop (?:tard|peu|petit)|attend(?:ent|ons|s)?|ne (?:ferme|marche|peut|peuvent|vient|repond)",
  ),
  cue(
    "moment",
    0.6,
    false,
    "it is happening now",
    "now|just (?:now|noticed|found|seen|opened|arrived|had)|currently|still|already|at the moment|any minute|in a moment|half past|quarter (?:past|to)|since (?:this morning|last night|yesterday|[5-9] (?:am|o'clock))|last night|this morning|we open|guests|customers|queue|everyone is|people are|shift|my mobile|on my mobile|phone|tried (?:your|to call|calling|ringing)|ring(?:ing)?|doctor",
    "jetzt|gerade|soeben|noch immer|immer noch|schon|bereits|momentan|aktuell|seit (?:heute|gestern|[0-9]+ (?:uhr|minuten|stunden))|heute (?:nacht|fruh|morgen)|halb (?:\\w+)|viertel|gaste|kunden|schlange|schicht|fruhschicht|handy|mobil|telefon|erreich~|arzt",
    "ahora|ya|todavia|aun|acaba[ns]?|acabamos|desde (?:esta|ayer|las)|esta (?:manana|noche|tarde)|clientes|cola|invitados|turno|movil|telefono|llamando|medico|toda la (?:tarde|manana|noche)",
    "maintenant|la|deja|encore|toujours|vient de|viens de|depuis (?:ce|hier|cette)|ce matin|cette nuit|clients?|clientes|file|invites|equipe|portable|telephone|appele|medecin|sur place",
  ),
  cue(
    "account",
    2.5,
    true,
    "a payment or the security of an account is at stake",
    "payment (?:has )?(?:failed|was declined|declined|could not be|bounced|returned)|card (?:was |has been )?declined|(?:could not|couldn't|unable to) (?:charge|collect|process) (?:your|the) (?:card|payment)|direct debit (?:\\w+ ){0,3}(?:returned|failed)|(?:will be|has been|been|is|be) (?:suspended|deactivated|terminated|blocked|locked|disconnected|frozen)|(?:suspend|deactivate|disconnect) (?:your|the) (?:account|service|supply|line)|unauthori[sz]ed (?:access|transaction|payment|login|charge)|(?:new|unusual|suspicious) (?:sign-?in|login|log-in|activity)|expires? (?:in \\d|today|tomorrow|tonight|on)|expir(?:es|ing) soon|will expire|charged twice|double charged|duplicate payment|wrong account|bank details (?:have )?changed|fraud(?:ulent)?|data breach|compromised|stolen card|wages (?:have not|haven't|not)|salary (?:has not|hasn't|not)|payroll (?:deadline|cut-?off|submission|run)|penalty|late (?:fee|filing)|overdrawn|insufficient funds|certificate (?:\\w+ ){0,3}expir~",
    "zahlung (?:ist )?(?:\\w+ ){0,2}(?:fehlgeschlagen|abgelehnt|zuruckgewiesen)|rucklastschrift|lastschrift (?:\\w+ ){0,3}zuruck~|karte (?:wurde )?abgelehnt|(?:wird|werden|wurde) (?:\\w+ ){0,2}(?:gesperrt|abgeschaltet|deaktiviert|abgestellt|gekundigt)|sperrung|unbefugt~|ungewohnliche (?:anmeldung|aktivitat)|neue anmeldung|lauft (?:\\w+ ){0,4}ab|zweimal (?:abgebucht|belastet)|doppelt (?:abgebucht|belastet|uberwiesen)|falsches konto|betrug|datenleck|lohne? (?:\\w+ ){0,3}nicht|saumniszuschlag|versaumnis~|nicht gedeckt",
    "pago (?:ha sido )?(?:rechazado|fallido|devuelto)|recibo devuelto|tarjeta (?:ha sido )?rechazada|(?:sera|ha sido|van a|vamos a) (?:suspendid[oa]|bloquead[oa]|desactivad[oa]|suspender|cortar)|corte de (?:suministro|servicio|luz|agua)|acceso no autorizado|inicio de sesion (?:nuevo|sospechoso|inusual)|caduca|vence|cobrado dos veces|doble cobro|fraude|nominas?|recargo|sin fondos",
    "paiement (?:a (?:ete )?)?(?:echoue|refuse|rejete)|prelevement (?:\\w+ ){0,2}rejete|carte (?:\\w+ ){0,2}refusee|(?:sera|a ete|va etre) (?:suspendue?|bloquee?|desactivee?|coupee?|resiliee?)|acces non autorise|connexion (?:inhabituelle|suspecte)|nouvelle connexion|expire|arrive a echeance|debite[es]* (?:deux fois|en double)|fraude~?|salaires? (?:\\w+ ){0,2}pas|penalites?|majoration|decouvert|coupure de (?:ligne|service|courant)",
  ),
  cue(
    "urgent word",
    3,
    false,
    "the sender says that it is urgent",
    "urgent(?:ly)?|urgency|asap|a\\.s\\.a\\.p\\.?|as soon as (?:you can|possible|humanly)|immediately|immediate (?:attention|action|response|help)|straight ?away|right away|emergency|time[- ]critical|time[- ]sensitive|at once|without delay|top priority|sos|desperate(?:ly)?|help!|need (?:\\w+ ){0,3}now",
    "dringend~?|eilt|eilig~?|sofort|umgehend|unverzuglich|notfall|schnellstmoglich|so schnell wie moglich|schnellstens|brandeilig|hilfe!",
    "urgente~?|urgencia|urge|inmediatamente|de inmediato|cuanto antes|lo antes posible|enseguida|sin demora|emergencia|auxilio",
    "urgence|urgente?s?|d'urgence|immediatement|au plus vite|le plus (?:vite|rapidement) possible|des que possible|sans delai|sans attendre|rapidement svp|au secours",
  ),
];

/** Takes the urgency out of the sentence it stands in. */
export const NOT_URGENT = phrases(
  "(?:not|isn't|nothing|no|non|never|hardly|nor|wasn't|less|n't)(?: \\w+){0,3} (?:urgent|urgency|emergency|hurry|rush|asap|critical|dangerous|immediate)|no (?:rush|hurry|pressure|worries)|no (?:leaks?|injur~|damage|one was hurt|accidents?|danger)|nobody (?:was )?(?:hurt|injured)|when(?:ever)? you (?:get|have|find) (?:a |the )?(?:chance|time|moment|minute)|in your own time|whenever (?:suits|convenient|it suits)|take your time|at your (?:convenience|leisure)|nothing (?:serious|to worry)|just a drill|planned (?:maintenance|outage|work)|scheduled maintenance|maintenance window|resolved|has been fixed|is fixed|all good now|back (?:online|up|to normal|in operation)|recovered|restored|already (?:dealt with|sorted|handled|done|solved|taken care)|false alarm|works again|working again|sorted",
  "(?:nicht|kein~?|weder|ohne)(?: \\w+){0,2} (?:dringend~?|eilig~?|eile|notfall|dringlichkeit|sofort|gefahrlich|unfall|schaden)|eilt nicht|keine eile|hat zeit|wenn (?:sie|du) (?:mal )?zeit (?:haben|hast|finden|findest)|bei gelegenheit|in ruhe|geplante wartung|wartungsarbeiten|wieder (?:erreichbar|online|da|normal|verfugbar|in betrieb)|behoben|gelost|(?:schon|bereits) (?:erledigt|geregelt)|hat sich erledigt|fehlalarm|funktioniert wieder|lauft wieder",
  "no (?:es |corre |tiene |hay )?(?:\\w+ ){0,2}(?:urgente|urgencia|prisa)|sin prisas?|no corre prisa|cuando (?:puedas?|tengas? (?:tiempo|un momento|un rato)|le venga bien|te venga bien)|mantenimiento programado|resuelt[oa]|solucionad[oa]|ya funciona|restablecid[oa]|ya esta (?:resuelto|hecho|solucionado|arreglado)|falsa alarma",
  "(?:pas|rien|aucune?|sans|ni)(?: \\w+){0,2} (?:d')?(?:urgente?s?|urgence|presse|pressant)|ca (?:ne )?presse pas|quand (?:vous|tu) (?:aurez|auras|avez|as|pourrez|pourras) (?:\\w+ ){0,2}(?:temps|moment|minute)?|prenez votre temps|a l'occasion|maintenance (?:programmee|planifiee|prevue)|resolu[es]*|retabli[es]*|repare[es]*|fonctionne a nouveau|(?:deja|c'est) (?:regle|traite|resolu)|fausse alerte|remarche",
);

/** A time that is a limit, not just a time. */
export const LIMIT = phrases(
  "by|if (?:you|we|it|nobody|no one|your)|unless|only until|last|until|till|before|deadline|due|at the latest|no later|latest|expir~|closes?|cut-?off|needs? to|have to|has to|must|need|needed|required|in time|within|before we|otherwise|or else|start(?:s|ing)?",
  "bis|wenn sie|falls|sofern|nur noch|fertig|doch|statt|spatestens|vor|frist|stichtag|abgabe|mussen?|muss|brauch(?:e|en|t)|benotig~|rechtzeitig|innerhalb|binnen|sonst|ablauf",
  "antes|si no|salvo que|solo hasta|al final|hasta|plazo|limite|a mas tardar|vence|caduca|necesit~|tenemos que|tengo que|hace falta|a tiempo|dentro de|si no",
  "avant|si (?:vous|on|nous)|a moins|faute de|finalement|jusqu'a~?|d'ici|au plus tard|delai|echeance|date limite|il (?:me |nous )?faut|besoin|devons|dois|a temps|sous|sinon",
);

/** What is called off or moved: with a near time it cannot wait. */
export const CHANGE = phrases(
  "cancel(?:s|led|ling|lation)?|postpone[ds]?|reschedul(?:e|ed|ing)|call(?:ed)? off|can(?:no|')t (?:make it|come|attend|do|be there)|cannot (?:make it|come|attend|do|be there)|won't (?:make it|be able|be there|come)|not (?:be )?able to (?:make|come|attend)|(?:called in |off )?sick|running late|delayed|bring (?:it )?forward|moved? (?:to|from|the)|no longer (?:coming|available|need)|double[- ]booked|wrong (?:date|day|time|address|order|item|size|dose|part)|change (?:of|to|the|our|my)|missing|short(?:age)?|still (?:not|no|haven't|hasn't|waiting)|hasn't (?:arrived|come)|has not (?:arrived|come)|not arrived|haven't (?:received|got|heard)|have not (?:received|got|heard)",
  "absag~|abgesagt|storni~|stornieren|verschieb~|verschoben|verleg~|ausfallen|fallt aus|krank(?:gemeldet)?|verspat~|schaffe? (?:es )?nicht|kann (?:\\w+ ){0,3}nicht (?:kommen|teilnehmen)|konnen (?:\\w+ ){0,3}nicht (?:kommen|teilnehmen|liefern)|falsch~?|fehlt|fehlen|nicht (?:angekommen|geliefert|erhalten|da)|vorverleg~|vorziehen",
  "cancel~|anul~|aplaz~|pospon~|retras~|no (?:puedo|podemos|podre|podra|podremos) (?:ir|asistir|venir|acudir|llegar|entregar)|enferm[oa]|baja|cambi(?:o|ar|amos) (?:de|la|el)|equivocad[oa]|falta~?|no ha(?:n)? llegado|todavia no|aun no|adelantar",
  "annul~|report(?:e|er|ee|ez|ons)|decal~|deplac~|retard|malade|ne (?:pourrai|pourra|pourrons|peux|peut|pouvons) (?:pas|plus) (?:venir|etre|assister|livrer)|empeche[es]*|changement|changer|erreur|mauvais~?|manque~?|pas (?:encore )?(?:recu|arrive~?|livre~?)|avancer",
);
