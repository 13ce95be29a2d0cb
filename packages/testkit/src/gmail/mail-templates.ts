import {
  encodeBase64,
  encodeHeader,
  encodeText,
  formatMailDate,
  joinMail,
  joinParts,
  textPart,
  type Charset,
  type Headers,
} from "./mime.ts";

export interface MailSeed {
  owner: string;
  name: string;
  address: string;
  domain: string;
  /** Different for every mail of a run; stands in the subject. */
  number: number;
  /** Hex, different for every mail. */
  unique: string;
  atMs: number;
}

/** An earlier message of a thread. */
export interface PriorMail {
  raw: Buffer;
  /** How long before the newest one it came. */
  agoMs: number;
  fromOwner: boolean;
}

export interface MailParts {
  raw: Buffer;
  subject: string;
  /** When it is not the seed's. */
  fromName?: string;
  fragment: string;
  files?: { name: string; type: string; bytes: Buffer }[];
  thread?: { key: string; prior: PriorMail[] };
}

/** What every mail that came over the internet carries, in the order of a real one. */
export function envelope(
  seed: MailSeed,
  subject: string,
  charset: Charset = "utf-8",
  encoding: "Q" | "B" = "Q",
): Headers {
  const { owner, address, domain, atMs, unique } = seed;
  return [
    ["Delivered-To", owner],
    [
      "Received",
      `from mail.${domain} (mail.${domain} [192.0.2.25])\r\n        by mx.google.com with ESMTPS id ${unique.slice(0, 12)}\r\n        for <${owner}>; ${formatMailDate(atMs)}`,
    ],
    [
      "Authentication-Results",
      `mx.google.com;\r\n       dkim=pass header.i=@${domain} header.s=s1;\r\n       spf=pass smtp.mailfrom=${address};\r\n       dmarc=pass header.from=${domain}`,
    ],
    ["Return-Path", `<${address}>`],
    ["Date", formatMailDate(atMs - 2000)],
    ["From", `${encodeHeader(seed.name, charset, encoding)} <${address}>`],
    ["To", owner],
    ["Subject", encodeHeader(subject, charset, encoding)],
    ["Message-ID", `<${unique}@${domain}>`],
    ["MIME-Version", "1.0"],
  ];
}

export function makePlainMail(seed: MailSeed): MailParts {
  const subject = `Offer ${seed.number}: can you deliver on Thursday?`;
  const part = textPart(
    `Hello,\n\nthank you for offer ${seed.number}. Could you deliver on Thursday the 27th, and do you need a\npurchase order number from us?\n\nBest regards\n${toAsciiName(seed.name)}\n`,
    { charset: "utf-8", encoding: "8bit" },
  );
  return {
    raw: joinMail([...envelope(seed, subject), ...part.headers], part.body),
    subject,
    fragment: `thank you for offer ${seed.number}`,
  };
}

export function makeHtmlMail(seed: MailSeed): MailParts {
  const subject = `Question about invoice ${seed.number}`;
  const html = `<!DOCTYPE html><html><head><style>p { margin: 0 }</style><title>${subject}</title></head><body>
<p>Hi,</p>
<p>we found <b>two</b> positions on invoice ${seed.number} that we did not order &ndash; could you please check?</p>
<ul><li>Position&nbsp;3: 4 &times; oak board</li><li>Position 7: delivery &amp; assembly</li></ul>
<p>Kind regards<br>${toEntities(seed.name)}</p>
<div style="display:none">This line is not meant to be seen.</div>
</body></html>
`;
  const part = textPart(html, { charset: "utf-8", encoding: "base64", type: "text/html" });
  return {
    raw: joinMail([...envelope(seed, subject), ...part.headers], part.body),
    subject,
    fragment: "4 × oak board",
  };
}

export function makeLatinMail(seed: MailSeed): MailParts {
  const subject = `Rückfrage zur Lieferung Nr. ${seed.number} – bitte prüfen`.replace("–", "-");
  const text = `Guten Tag,\n\nkönnten Sie uns bitte bestätigen, dass die Türen für Auftrag ${seed.number} bis Freitag fertig werden? Die Maße (2,10 m × 0,90 m) und die Größe der Schlösser bleiben gleich.\n\nSchöne Grüße aus Köln\n${seed.name}\n`;
  const part = textPart(text, { charset: "iso-8859-1", encoding: "quoted-printable" });
  const headers = envelope(toLatin(seed), subject, "iso-8859-1");
  return {
    raw: joinMail([...headers, ...part.headers], part.body),
    subject,
    fragment: "Schöne Grüße aus Köln",
  };
}

/** As Outlook sends it: says windows-1252 and uses its signs. */
export function makeWindowsMail(seed: MailSeed): MailParts {
  const subject = `Angebot ${seed.number} über 1.250 €`;
  const text = `Hallo,\n\nist der Preis von 1.250,00 € für „Variante B“ noch gültig – oder gibt’s ein neues Angebot?\n\nViele Grüße\n${seed.name}\n`;
  const part = textPart(text, { charset: "windows-1252", encoding: "quoted-printable" });
  return {
    raw: joinMail([...envelope(seed, subject, "windows-1252"), ...part.headers], part.body),
    subject,
    fragment: "1.250,00 € für „Variante B“ noch gültig – oder gibt’s",
  };
}

export function makeAttachmentMail(seed: MailSeed): MailParts {
  const subject = `Purchase order ${seed.number} attached`;
  const name = `Bestellung ${seed.number} für Büro.pdf`;
  const bytes = makePdf(`Purchase order ${seed.number}`);
  const boundary = `=_mixed_${seed.unique}`;
  const text = textPart(
    `Dear team,\n\nplease find our purchase order ${seed.number} attached. When can we expect the goods?\n\nRegards\n${seed.name}\n`,
    { charset: "utf-8", encoding: "base64" },
  );
  const file = joinMail(
    [
      ["Content-Type", `application/pdf; name="${encodeHeader(name, "utf-8", "B")}"`],
      ["Content-Disposition", `attachment;\r\n filename*=UTF-8''${encodeURIComponent(name)}`],
      ["Content-Transfer-Encoding", "base64"],
    ],
    encodeBase64(bytes),
  );
  const headers: Headers = [
    ...envelope(seed, subject, "utf-8", "B"),
    ["Content-Type", `multipart/mixed; boundary="${boundary}"`],
  ];
  return {
    raw: joinMail(headers, joinParts(boundary, [joinMail(text.headers, text.body), file])),
    subject,
    fragment: `our purchase order ${seed.number} attached`,
    files: [{ name, type: "application/pdf", bytes }],
  };
}

export function makeNewsletter(seed: MailSeed): MailParts {
  const subject = `Workshop news no. ${seed.number}: five tools we like`;
  const boundary = `=_alt_${seed.unique}`;
  const text = textPart(
    `Five tools we like, and 20 % off until Sunday.\n\nUnsubscribe: https://news.${seed.domain}/u/${seed.unique}\n`,
    { charset: "utf-8", encoding: "quoted-printable" },
  );
  const html = textPart(
    `<html><body><h1>Five tools we like</h1><p>20&nbsp;% off until Sunday.</p><img src="https://news.${seed.domain}/open/${seed.unique}.gif" width="1" height="1"><p><a href="https://news.${seed.domain}/u/${seed.unique}">Unsubscribe</a></p></body></html>\n`,
    { charset: "utf-8", encoding: "quoted-printable", type: "text/html" },
  );
  const headers: Headers = [
    ...envelope(seed, subject),
    ["List-Id", `Workshop news <news.${seed.domain}>`],
    [
      "List-Unsubscribe",
      `<mailto:unsubscribe-${seed.unique}@${seed.domain}>, <https://news.${seed.domain}/u/${seed.unique}>`,
    ],
    ["List-Unsubscribe-Post", "List-Unsubscribe=One-Click"],
    ["Precedence", "bulk"],
    ["Content-Type", `multipart/alternative; boundary="${boundary}"`],
  ];
  return {
    raw: joinMail(
      headers,
      joinParts(
        boundary,
        [text, html].map((part) => joinMail(part.headers, part.body)),
      ),
    ),
    subject,
    fragment: "Five tools we like",
  };
}

/** A charset nobody knows and an attachment whose base64 is none. */
export function makeUndecodableMail(seed: MailSeed): MailParts {
  const boundary = `=_mixed_${seed.unique}`;
  const words = joinMail(
    [
      ["Content-Type", "text/plain; charset=x-unknown-9"],
      ["Content-Transfer-Encoding", "8bit"],
    ],
    Buffer.from([0x8f, 0xfe, 0xb1, 0x20, 0xc3, 0x28, 0xf0, 0x9f, 0x20, 0xff, 0xfe, 0x0d, 0x0a]),
  );
  const file = joinMail(
    [
      ["Content-Type", 'application/pdf; name="scan.pdf"'],
      ["Content-Disposition", 'attachment; filename="scan.pdf"'],
      ["Content-Transfer-Encoding", "base64"],
    ],
    "JVBERi0xLjQK%%%%*not*base64*at*all*=====\r\n====A\r\n",
  );
  const headers = envelope(seed, "placeholder").map(([name, value]) =>
    name === "Subject"
      ? ([name, `=?x-unknown-9?B?j/6x*****${seed.number}?=`] as const)
      : ([name, value] as const),
  );
  return {
    raw: joinMail(
      [...headers, ["Content-Type", `multipart/mixed; boundary="${boundary}"`]],
      joinParts(boundary, [words, file]),
    ),
    subject: `=?x-unknown-9?B?j/6x*****${seed.number}?=`,
    fragment: "",
  };
}

/** The smallest PDF that opens, with one line of text and a right cross-reference table. */
function makePdf(line: string): Buffer {
  const stream = `BT /F1 18 Tf 72 720 Td (${line}) Tj ET`;
  const objects = [
    "<</Type/Catalog/Pages 2 0 R>>",
    "<</Type/Pages/Kids[3 0 R]/Count 1>>",
    "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
    `<</Length ${stream.length}>>\nstream\n${stream}\nendstream`,
    "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
  ];
  let text = "%PDF-1.4\n%\xe2\xe3\xcf\xd3\n";
  const offsets = objects.map((object, index) => {
    const offset = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, "0")} 00000 n \n`;
  });
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.join("")}`;
  return Buffer.from(
    `${text}${table}trailer\n<</Size ${objects.length + 1}/Root 1 0 R>>\nstartxref\n${text.length}\n%%EOF\n`,
    "latin1",
  );
}

/** ISO-8859-1 has no letter beyond U+00FF; none of the names needs one, and a new one would throw here. */
function toLatin(seed: MailSeed): MailSeed {
  encodeText(seed.name, "iso-8859-1");
  return seed;
}

function toAsciiName(name: string): string {
  return name
    .replaceAll("ß", "ss")
    .normalize("NFKD")
    .replace(/[^\x20-\x7e]/g, "");
}

function toEntities(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (letter) => `&#${letter.codePointAt(0)};`);
}
