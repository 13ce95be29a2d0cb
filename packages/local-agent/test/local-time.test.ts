import assert from "node:assert/strict";
import { test } from "node:test";
import { formatWhen, nextMorning, parseQuietHours, parseWhen, quietUntil } from "../src/local-time.ts";

const at = (text: string) => Date.parse(text);
const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());

test("a time without a zone is the owner's local time, in winter and in summer", () => {
  for (const [zone, winter, summer] of [
    ["Europe/Vienna", "2026-11-23T08:00:00.000Z", "2026-07-23T07:00:00.000Z"],
    ["America/New_York", "2026-11-23T14:00:00.000Z", "2026-07-23T13:00:00.000Z"],
    ["Asia/Kolkata", "2026-11-23T03:30:00.000Z", "2026-07-23T03:30:00.000Z"],
    ["UTC", "2026-11-23T09:00:00.000Z", "2026-07-23T09:00:00.000Z"],
  ] as const) {
    assert.equal(iso(parseWhen("2026-11-23 09:00", zone)), winter, zone);
    assert.equal(iso(parseWhen("2026-07-23T09:00:00", zone)), summer, zone);
  }
});

test("a time with a zone means that zone, and a day alone means its morning", () => {
  assert.equal(iso(parseWhen("2026-11-23T09:00:00Z", "Europe/Vienna")), "2026-11-23T09:00:00.000Z");
  assert.equal(iso(parseWhen("2026-11-23 09:00 -05:00", "Europe/Vienna")), "2026-11-23T14:00:00.000Z");
  assert.equal(iso(parseWhen(" 2026-11-23 ", "Europe/Vienna")), "2026-11-23T07:00:00.000Z");
  assert.equal(iso(parseWhen("2026-11-23 9:05", "UTC")), "2026-11-23T09:05:00.000Z");
});

test("what is no clear time is none", () => {
  for (const text of [
    "",
    "tomorrow",
    "9:00",
    "9",
    "23.11.2026 09:00",
    "2026-11-31 09:00",
    "2026-13-01",
    "2026-11-23 24:00",
    "2026-11-23 09:60",
    "2026-11-23 9",
    "2026-11-23 09:00 CET",
  ])
    assert.equal(parseWhen(text, "Europe/Vienna"), null, text);
});

test("the hour that is left out in spring is the one after it, and of the one that comes twice the first is meant", () => {
  assert.equal(iso(parseWhen("2027-03-28 02:30", "Europe/Vienna")), "2027-03-28T01:30:00.000Z");
  assert.equal(formatWhen(at("2027-03-28T01:30:00Z"), "Europe/Vienna"), "2027-03-28 03:30 (Europe/Vienna)");
  assert.equal(iso(parseWhen("2026-10-25 02:30", "Europe/Vienna")), "2026-10-25T00:30:00.000Z");
  assert.equal(iso(parseWhen("2026-11-01 01:30", "America/New_York")), "2026-11-01T05:30:00.000Z");
  assert.equal(iso(parseWhen("2027-03-14 02:30", "America/New_York")), "2027-03-14T07:30:00.000Z");
});

test("every full hour around the changes of the clock, written as the owner's clock shows it, is read back as the same instant", () => {
  for (const zone of ["Europe/Vienna", "America/New_York", "Australia/Lord_Howe"]) {
    let twice = 0;
    for (const firstMs of [Date.UTC(2026, 9, 1), Date.UTC(2027, 2, 10)]) {
      for (let hour = 0; hour < 35 * 24; hour += 1) {
        const ms = firstMs + hour * 3_600_000;
        if (parseWhen(formatWhen(ms, zone).slice(0, 16), zone) !== ms) twice += 1;
      }
    }
    assert.equal(twice, 1, `${zone}: only the hour that comes twice`);
  }
});

test("the next morning is today's when it is still night, else tomorrow's, at eight on the owner's clock", () => {
  const next = (text: string) => iso(nextMorning(at(text), "Europe/Vienna"));
  assert.equal(next("2026-11-21T01:00:00Z"), "2026-11-21T07:00:00.000Z", "02:00 local");
  assert.equal(next("2026-11-21T06:30:00Z"), "2026-11-22T07:00:00.000Z", "07:30 local");
  assert.equal(next("2026-11-21T22:30:00Z"), "2026-11-22T07:00:00.000Z", "23:30 local");
  assert.equal(next("2027-03-27T12:00:00Z"), "2027-03-28T06:00:00.000Z", "the night of summer time");
});

test("quiet hours may go over midnight and end when the owner's clock says so", () => {
  const hours = parseQuietHours("22:00-07:00");
  assert.ok(hours);
  const until = (text: string) => iso(quietUntil(at(text), hours, "Europe/Vienna"));
  assert.equal(until("2026-11-21T20:59:00Z"), null);
  assert.equal(until("2026-11-21T21:00:00Z"), "2026-11-22T06:00:00.000Z");
  assert.equal(until("2026-11-22T05:59:00Z"), "2026-11-22T06:00:00.000Z");
  assert.equal(until("2026-11-22T06:00:00Z"), null);
  assert.equal(parseQuietHours("22-7"), null);
  assert.equal(parseQuietHours("24:00-07:00"), null);
});
