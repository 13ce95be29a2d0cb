import assert from "node:assert/strict";
import { test } from "node:test";
import { NightdeskError } from "@nightdesk/claim-lib";
import { parseDemoArguments } from "../src/demo/parse-arguments.ts";

const parse = (...argv: string[]) => parseDemoArguments(argv, "/home/anna");
const refuses = (argv: string[], words: RegExp) =>
  assert.throws(
    () => parse(...argv),
    (error) => NightdeskError.is(error, "DEMO_USAGE") && words.test(error.message),
  );

test("without options one mail of each kind and one more arrive, and nothing is kept", () => {
  assert.deepEqual(parse(), {
    mails: 7,
    keep: null,
    json: false,
    manual: false,
    attack: null,
    kill: null,
    provider: "gmail",
    help: false,
  });
});

test("every option is read, also after npm's own --", () => {
  assert.deepEqual(parse("--", "--mails", "40", "--json", "--keep", "out", "--attack", "forged-approval"), {
    mails: 40,
    keep: "/home/anna/out",
    json: true,
    manual: false,
    attack: "forged-approval",
    kill: null,
    provider: "gmail",
    help: false,
  });
  assert.equal(parse("--kill=local").kill, "local");
  assert.equal(parse("--provider", "imap").provider, "imap");
  assert.equal(parse("--provider", "gmail").provider, "gmail");
  assert.equal(parse("--keep", "/data/x").keep, "/data/x");
});

test("a wrong option is refused with the usage and nothing is started", () => {
  refuses(["--mails", "0"], /whole number from 1 to 200.*Nothing was started/s);
  refuses(["--mails", "many"], /"many"/);
  refuses(["--mails", "201"], /"201"/);
  refuses(["--mails"], /--mails/);
  refuses(["--attack", "phishing"], /--attack knows only "forged-approval"/);
  refuses(["--kill", "cloud"], /--kill knows only "local"/);
  refuses(["--provider", "exchange"], /--provider knows only "imap"/);
  refuses(["--fast"], /--fast/);
  refuses(["seven"], /seven/);
  refuses(["--keep", " "], /--keep needs a folder/);
});

test("scenarios that would spoil each other's figures cannot be combined", () => {
  refuses(["--kill", "local", "--attack", "forged-approval"], /cannot be combined/);
  refuses(["--manual", "--kill", "local"], /cannot be combined/);
  refuses(["--kill", "local", "--mails", "3"], /at least 4/);
  refuses(["--kill", "local", "--provider", "imap"], /cannot be stopped half-way/);
  refuses(["--attack", "forged-approval", "--mails", "1"], /at least 2/);
});
