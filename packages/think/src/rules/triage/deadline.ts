import { phrases } from "./fold.ts";

/** A time named in a sentence, as hours after the mail was sent. */
export interface NamedTime {
  hours: number;
  /** The words that name it. */
  words: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const NOW = phrases(
  "right now|at this moment|as we speak|this minute|immediately|straight ?away|right away|jetzt gerade|in diesem moment|gerade jetzt|ahora mismo|en este momento|en ce moment|tout de suite|la maintenant",
);
const TODAY = phrases(
  "today|tonight|this (?:very )?(?:morning|afternoon|evening)|end of (?:the )?(?:day|business)|by lunch~|before lunch~|by noon|before noon|by midnight|by midday|eod|cob|close of (?:business|play)|later today",
  "heute|heut|feierabend|bis mittag|vor mittag",
  "hoy|esta (?:misma )?(?:manana|tarde|noche)|antes del mediodia|al mediodia|fin del dia",
  "aujourd'?hui|ce (?:matin|soir|midi)|cet(?:te)? (?:apres[- ]midi|nuit)|fin de journee|avant midi",
);
const TOMORROW = phrases(
  "tomorrow|tmrw|tmr|overnight|next day",
  "(?<!guten )(?<!schonen )(?<!jeden )morgen(?:fruh|mittag|abend|vormittag|nachmittag)?",
  "(?<!por la )(?<!de la )(?<!esta )(?<!cada )manana",
  "demain",
);
const SPAN =
  /\b(?:in|within|next|less than|under|only|over the next|innerhalb(?: von)?|binnen|in den nachsten|nachsten|noch|en|dentro de|en las proximas|proximas|menos de|sous|dans|d'ici|dans les|prochaines|moins de)(?: the| next| las?| les?| der| den)? (?:an|one|half an|einer|eine|una?|une|(\d{1,3}|two|three|four|six|twelve|zwei|drei|vier|dos|tres|cuatro|deux|trois|quatre))(?: (?:or two|halbe[nr]?|media|demi))?[ -]?(minutes?|mins?|minuten|minutos|hours?|hrs?|h|std|stunden?|horas?|heures?|days?|tagen?|dias?|jours?)\b/;
const WORD_NUMBERS: Readonly<Record<string, number>> = {
  two: 2,
  zwei: 2,
  dos: 2,
  deux: 2,
  three: 3,
  drei: 3,
  tres: 3,
  trois: 3,
  four: 4,
  vier: 4,
  cuatro: 4,
  quatre: 4,
  six: 6,
  twelve: 12,
};
const WEEKDAYS: readonly RegExp[] = [
  phrases("sundays?|sonntags?|domingos?|dimanche"),
  phrases("mondays?|montags?|lunes|lundi"),
  phrases("tuesdays?|dienstags?|martes|mardi"),
  phrases("wednesdays?|mittwochs?|miercoles|mercredi"),
  phrases("thursdays?|donnerstags?|jueves|jeudi"),
  phrases("fridays?|freitags?|viernes|vendredi"),
  phrases("saturdays?|samstags?|sonnabends?|sabados?|samedi"),
];
const PAST = phrases(
  "last|since|previous|yesterday|ago|letzte[nrs]?|vergangene[nrs]?|vorige[nrs]?|seit|gestern|pasad[oa]|ayer|desde|hace|dernier|derniere|hier|depuis|il y a",
);
const FAR = phrases(
  "next (?:week|month|year)|in two weeks|nachste[rn]? (?:woche|monat)|ubernachste~|proxim[oa] (?:semana|mes)|(?:semaine|mois) prochaine?|every|each|jeden|cada|chaque",
);
/** "Wednesday the 20th": the number says which one. */
const WEEKDAY_DATE =
  /\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|lunes|martes|miercoles|jueves|viernes|sabado|domingo|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche),?(?: the| den| dem| el| le)? (\d{1,2})(?:st|nd|rd|th|\.)?(?= |$|[,!?])(?! ?(?:uhr|h\b|am\b|pm\b|:))/;
const MONTHS =
  "jan(?:uary|uar|vier)?|ene(?:ro)?|feb(?:ruary|ruar|rero)?|fev(?:rier)?|mar(?:ch|zo|s)?|marz|apr(?:il)?|abr(?:il)?|avr(?:il)?|may|mai|mayo|june?|juni|junio|juin|july?|juli|julio|juillet|aug(?:ust)?|ago(?:sto)?|aout|sep(?:t|tember|tiembre|tembre)?|okt(?:ober)?|oct(?:ober|ubre|obre)?|nov(?:ember|iembre|embre)?|de[cz](?:ember|embre)?|dic(?:iembre)?";
const DAY_MONTH = new RegExp(`\\b(\\d{1,2})(?:st|nd|rd|th|er|\\.)?(?: of| de)? (${MONTHS})\\b`);
const MONTH_DAY = new RegExp(`\\b(${MONTHS})\\.? (\\d{1,2})(?:st|nd|rd|th)?\\b`);
const NUMERIC =
  /(?<![\d./-])(\d{1,2})(?:\/(\d{1,2})(?:\/(20\d\d|\d\d))?|\.(\d{1,2})\.(20\d\d|\d\d)?)(?![\d%€/])/;
const ISO = /\b(20\d\d)-(\d\d)-(\d\d)\b/;
const ORDINAL = /\b(?:the|am|bis zum|zum|el|le) (\d{1,2})(?:st|nd|rd|th|\.)(?= |$|[,!?])/;
const CLOCK =
  /\b(?:by|before|until|till|at|bis|vor|um|ab|antes de las?|a las?|hasta las?|avant|a|jusqu'a) ?(\d{1,2})(?:[:.h](\d\d))? ?(?:am|pm|a\.m\.|p\.m\.|uhr|h|o'?clock|heures|horas)(?![a-z])|\ba las (?:\d{1,2}|una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce)\b|\bum (?:halb|viertel|\d{1,2}\b(?! ?(?:%|euro|€)))|\b(?:half|quarter) (?:past|to)\b|\bat \d{1,2}[:.]\d\d\b|\b(?:by|before|until|bis|antes de las|avant) (?:noon|\d{1,2}[:.h]\d\d)\b/;

/** The nearest time a folded sentence names that is still to come; null when it names none. */
export function findTime(sentence: string, sentMs: number): NamedTime | null {
  const found = [...namedDays(sentence, sentMs), ...spans(sentence)].filter(({ hours }) => hours >= 0);
  if (found.length > 0) return found.reduce((a, b) => (b.hours < a.hours ? b : a));
  const clock = CLOCK.exec(sentence);
  // A clock time without a day means the day of the mail, unless the sentence names another day.
  return clock && !namesDay(sentence) ? { hours: 10, words: clock[0] } : null;
}

function* spans(sentence: string): Generator<NamedTime> {
  const match = SPAN.exec(sentence);
  if (!match) return;
  const count = match[1] === undefined ? 1 : (WORD_NUMBERS[match[1]] ?? Number(match[1]));
  const unit = match[2] ?? "";
  const hours = unit.startsWith("min") ? count / 60 : /^(?:h|std|stund)/.test(unit) ? count : count * 24;
  yield { hours, words: match[0] };
}

function* namedDays(sentence: string, sentMs: number): Generator<NamedTime> {
  for (const [pattern, hours] of [
    [NOW, 0],
    [TODAY, 8],
    [TOMORROW, 24],
  ] as const) {
    const words = pattern.exec(sentence)?.[0];
    if (words !== undefined) yield { hours, words };
  }
  const dated = WEEKDAY_DATE.exec(sentence);
  if (dated) yield { hours: hoursToDay(Number(dated[1]), sentMs), words: dated[0] };
  else if (!PAST.test(sentence) && !FAR.test(sentence)) {
    const weekday = new Date(sentMs).getUTCDay();
    for (const [day, pattern] of WEEKDAYS.entries()) {
      const words = pattern.exec(sentence)?.[0];
      if (words !== undefined) yield { hours: ((day - weekday + 7) % 7) * 24, words };
    }
  }
  yield* dates(sentence, sentMs);
}

/** Hours to the next day of the month with this number. */
function hoursToDay(day: number, sentMs: number): number {
  const sent = new Date(sentMs);
  const month = sent.getUTCMonth() + (day < sent.getUTCDate() ? 1 : 0);
  const today = Date.UTC(sent.getUTCFullYear(), sent.getUTCMonth(), sent.getUTCDate());
  return (Date.UTC(sent.getUTCFullYear(), month, day) - today) / HOUR_MS;
}

function* dates(sentence: string, sentMs: number): Generator<NamedTime> {
  const sent = new Date(sentMs);
  const year = sent.getUTCFullYear();
  const at = (words: string, y: number, month: number, day: number): NamedTime => {
    const start = Date.UTC(sent.getUTCFullYear(), sent.getUTCMonth(), sent.getUTCDate());
    const when = Date.UTC(y, month, day);
    return { hours: Math.round((when - start) / DAY_MS) * 24, words };
  };
  const iso = ISO.exec(sentence);
  if (iso) yield at(iso[0], Number(iso[1]), Number(iso[2]) - 1, Number(iso[3]));
  const dayMonth = DAY_MONTH.exec(sentence);
  if (dayMonth) yield at(dayMonth[0], year, monthOf(dayMonth[2] ?? ""), Number(dayMonth[1]));
  const monthDay = MONTH_DAY.exec(sentence);
  if (monthDay) yield at(monthDay[0], year, monthOf(monthDay[1] ?? ""), Number(monthDay[2]));
  const numeric = NUMERIC.exec(sentence);
  // Day first, as most of Europe writes; month first only where it cannot be a day.
  if (numeric) {
    const [first, second] = [Number(numeric[1]), Number(numeric[2] ?? numeric[4])];
    if (second <= 12) yield at(numeric[0], year, second - 1, first);
    else if (first <= 12) yield at(numeric[0], year, first - 1, second);
  }
  const ordinal = ORDINAL.exec(sentence);
  if (ordinal && !dayMonth) yield at(ordinal[0], year, sent.getUTCMonth(), Number(ordinal[1]));
}

function namesDay(sentence: string): boolean {
  return (
    WEEKDAYS.some((pattern) => pattern.test(sentence)) ||
    DAY_MONTH.test(sentence) ||
    MONTH_DAY.test(sentence) ||
    NUMERIC.test(sentence) ||
    ISO.test(sentence) ||
    ORDINAL.test(sentence) ||
    FAR.test(sentence)
  );
}

function monthOf(name: string): number {
  const starts = [
    /^(?:jan|ene)/,
    /^fe[bv]/,
    /^mar/,
    /^a[pbv]r/,
    /^ma[iy]/,
    /^(?:jun|juin)/,
    /^(?:jul|juil)/,
    /^(?:aug|ago|aout)/,
    /^sep/,
    /^o[ck]t/,
    /^nov/,
    /^d[ei]/,
  ];
  return starts.findIndex((start) => start.test(name));
}
