import { GMAIL_DEFAULTS } from "./gmail-defaults.ts";
import { envelope, type MailParts, type MailSeed, type PriorMail } from "./mail-templates.ts";
import { joinMail, textPart, type Headers } from "./mime.ts";

const HOUR_MS = 3_600_000;

/** A mail with six earlier ones, the customer's and the owner's in turn, the last of them the owner's. */
export function makeDeepThread(seed: MailSeed): MailParts {
  const base = `Kitchen project ${seed.number}`;
  const owner = {
    ...seed,
    name: GMAIL_DEFAULTS.ownerName,
    address: seed.owner,
    domain: seed.owner.split("@")[1] ?? "owner.example",
    owner: seed.address,
  };
  const ids: string[] = [];
  const prior: PriorMail[] = [];
  const write = (step: number, from: MailSeed, text: string, atMs: number) => {
    const writer = { ...from, unique: step === 6 ? seed.unique : `${seed.unique}.${step}`, atMs };
    const subject = step === 0 ? base : `Re: ${base}`;
    const links: Headers =
      ids.length === 0
        ? []
        : [
            ["In-Reply-To", ids.at(-1) ?? ""],
            ["References", ids.join("\r\n ")],
          ];
    const part = textPart(text, { charset: "utf-8", encoding: "quoted-printable" });
    ids.push(`<${writer.unique}@${writer.domain}>`);
    return { subject, raw: joinMail([...envelope(writer, subject), ...links, ...part.headers], part.body) };
  };
  for (let step = 0; step < 6; step += 1) {
    const fromOwner = step % 2 === 1;
    const agoMs = (6 - step) * 20 * HOUR_MS;
    const text = fromOwner
      ? `Hello,\n\nhere is version ${step} of the plan.\n`
      : `Hello,\n\nwe would like another change, number ${step}.\n`;
    prior.push({ raw: write(step, fromOwner ? owner : seed, text, seed.atMs - agoMs).raw, agoMs, fromOwner });
  }
  const last = write(
    6,
    seed,
    `Hello,\n\nversion 5 looks good. When could you start with project ${seed.number}?\n\n${seed.name}\n\n> here is version 5 of the plan.\n> > we would like another change, number 4.\n> > > here is version 3 of the plan.\n`,
    seed.atMs,
  );
  return {
    raw: last.raw,
    subject: last.subject,
    fragment: `When could you start with project ${seed.number}?`,
    thread: { key: ids[0] ?? "", prior },
  };
}
