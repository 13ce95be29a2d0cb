import { createSeededRandom, type SeededRandom } from "@nightdesk/testkit";
import { HIDING_WAYS, hideInHtml } from "./hidden-html.ts";
import { TECHNIQUES, type Technique } from "./techniques.ts";

/** Where in a mail the hostile text stands. */
export const PLACES = [
  "subject",
  "name",
  "address",
  "encoded header",
  "text",
  "html",
  "quoted thread",
  "attachment",
  "nested part",
  "calendar",
  "hidden html",
  "mixed",
] as const;
type Place = (typeof PLACES)[number];

export interface HostileMail {
  id: string;
  place: Place;
  techniques: readonly Technique[];
  raw: Buffer;
  /** Words that stand in text nobody is shown; they must not be in the note. */
  secret: string | null;
  /** Words any reader of the mail sees; they must be in the note. */
  visible: string;
}

const CRLF = "\r\n";

/** Mails made of every technique in every place, the same for the same seed. */
export function buildCorpus(count: number, seed: number): HostileMail[] {
  const random = createSeededRandom(seed);
  return Array.from({ length: count }, (_, index) => buildMail(index, random));
}

function buildMail(index: number, random: SeededRandom): HostileMail {
  const place = PLACES[index % PLACES.length] ?? "text";
  // In turn, so that each is used; the further ones by chance.
  const first = TECHNIQUES[index % TECHNIQUES.length] as Technique;
  const techniques = [first, ...Array.from({ length: random.below(3) }, () => random.pick(TECHNIQUES))];
  const id = `case-${String(index).padStart(4, "0")}`;
  const mail: Draft = {
    id,
    hostile: techniques.map(({ text }) => text).join(random.pick(["\n", "\n\n", " "])),
    secret: `HIDDENWORDS${index}`,
    visible: `VISIBLEWORDS${index} can you confirm the delivery on Thursday?`,
    way: Math.floor(index / PLACES.length) % HIDING_WAYS,
  };
  const isHiding = place === "hidden html" || place === "mixed";
  return {
    id,
    place,
    techniques,
    raw: Buffer.from(MAKERS[place](mail).toWellFormed(), "utf8"),
    secret: isHiding ? mail.secret : null,
    visible: mail.visible.split(" ")[0] ?? "",
  };
}

interface Draft {
  id: string;
  hostile: string;
  secret: string;
  visible: string;
  way: number;
}

const b64 = (text: string) =>
  Buffer.from(text.toWellFormed()).toString("base64").replace(/.{76}/g, `$&${CRLF}`);
const word = (text: string) => `=?utf-8?B?${Buffer.from(text.toWellFormed()).toString("base64")}?=`;
const oneLine = (text: string) => text.replace(/[\r\n\0]+/g, " ").slice(0, 900);

function head(id: string, more: { from?: string; subject?: string; extra?: string[] } = {}): string[] {
  return [
    `From: ${more.from ?? `Ann Example <ann.${id}@customer.example>`}`,
    "To: owner@brightside.example",
    `Subject: ${more.subject ?? `Delivery ${id}`}`,
    `Message-ID: <${id}@customer.example>`,
    "MIME-Version: 1.0",
    ...(more.extra ?? []),
  ];
}

function single(type: string, text: string): string[] {
  return [`Content-Type: ${type}; charset=utf-8`, "Content-Transfer-Encoding: base64", "", b64(text)];
}

const plainMail = (headers: string[], text: string) => [...headers, ...single("text/plain", text)].join(CRLF);

function multipart(kind: string, parts: readonly string[][], boundary: string): string[] {
  return [
    `Content-Type: multipart/${kind}; boundary="${boundary}"`,
    "",
    ...parts.flatMap((part) => [`--${boundary}`, ...part]),
    `--${boundary}--`,
    "",
  ];
}

const page = (body: string) => `<!doctype html><html><body>${body}</body></html>`;
const escape = (text: string) =>
  text.replace(/[&<>]/g, (char) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[char] ?? "");

const MAKERS: Readonly<Record<Place, (mail: Draft) => string>> = {
  subject: ({ id, hostile, visible }) => plainMail(head(id, { subject: oneLine(hostile) }), visible),
  name: ({ id, hostile, visible }) =>
    plainMail(
      head(id, { from: `"${oneLine(hostile).replace(/["\\]/g, "\\$&")}" <ann.${id}@customer.example>` }),
      visible,
    ),
  address: ({ id, hostile, visible }) =>
    plainMail(
      head(id, {
        extra: [
          `Reply-To: "${oneLine(hostile).replace(/["\\]/g, "")}"@customer.example`,
          `Cc: ${oneLine(hostile)} <kim.${id}@customer.example>`,
        ],
      }),
      visible,
    ),
  "encoded header": ({ id, hostile, visible }) =>
    plainMail(
      head(id, { from: `${word(hostile)} <ann.${id}@customer.example>`, subject: word(hostile) }),
      visible,
    ),
  text: ({ id, hostile, visible }) => plainMail(head(id), `${hostile}\n\n${visible}\n\n${hostile}`),
  html: ({ id, hostile, visible }) =>
    [
      ...head(id),
      ...single("text/html", page(`<p>${visible}</p><pre>${escape(hostile)}</pre><div>${hostile}</div>`)),
    ].join(CRLF),
  "quoted thread": ({ id, hostile, visible }) =>
    plainMail(
      head(id),
      `${visible}\n\nOn Friday you wrote:\n${hostile.replace(/^/gm, "> ")}\n${hostile.replace(/^/gm, "> > ")}`,
    ),
  attachment: ({ id, hostile, visible }) =>
    [
      ...head(id),
      ...multipart(
        "mixed",
        [
          single("text/plain", visible),
          [
            "Content-Type: application/pdf",
            `Content-Disposition: attachment; filename*=utf-8''${encodeURIComponent(oneLine(hostile).toWellFormed())}`,
            "",
            "x",
          ],
        ],
        `b-${id}`,
      ),
    ].join(CRLF),
  "nested part": ({ id, hostile, visible }) =>
    [
      ...head(id),
      ...multipart(
        "mixed",
        [
          multipart(
            "alternative",
            [single("text/plain", `${visible}\n${hostile}`), single("text/html", page(hostile))],
            `c-${id}`,
          ),
          [
            "Content-Type: message/rfc822",
            "",
            ...head(`${id}-inner`, { subject: oneLine(hostile) }),
            ...single("text/plain", hostile),
          ],
        ],
        `b-${id}`,
      ),
    ].join(CRLF),
  calendar: ({ id, hostile, visible }) =>
    [
      ...head(id),
      ...multipart(
        "mixed",
        [
          single("text/plain", visible),
          single(
            "text/calendar; method=REQUEST",
            `BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:${oneLine(hostile)}\nDESCRIPTION:${hostile}\nEND:VEVENT\nEND:VCALENDAR`,
          ),
        ],
        `b-${id}`,
      ),
    ].join(CRLF),
  "hidden html": ({ id, secret, visible, way }) =>
    [...head(id), ...single("text/html", page(`<p>${visible}</p>${hideInHtml(way, secret)}`))].join(CRLF),
  // HTML that is no second form of the plain text but a part of its own.
  mixed: ({ id, hostile, secret, visible, way }) =>
    [
      ...head(id),
      ...multipart(
        "mixed",
        [
          single("text/html", page(`<p>${visible}</p>${hideInHtml(way + 7, secret)}`)),
          single("text/plain", hostile),
        ],
        `b-${id}`,
      ),
    ].join(CRLF),
};
