import assert from "node:assert/strict";
import { it } from "node:test";
import { createLogger } from "../src/logger.ts";

function collect() {
  const lines: string[] = [];
  const log = createLogger({
    name: "vault-sync",
    level: "info",
    stream: { write: (line) => void lines.push(line) },
  });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? "{}") as Record<string, unknown> };
}

it("a line is JSON with its event, its level, its program and a readable time", () => {
  const { log, last } = collect();
  log.info({ event: "claim.won", id: "a1" });
  const { time, pid, ...rest } = last();
  assert.deepEqual(rest, { level: "info", name: "vault-sync", event: "claim.won", id: "a1" });
  assert.ok(Math.abs(Date.parse(String(time)) - Date.now()) < 60_000);
  assert.equal(pid, process.pid);
});

it("secrets and people's texts are hidden, at the top and two levels down", () => {
  const { log, lines } = collect();
  const secrets = {
    token: "S3CRET",
    refresh_token: "S3CRET",
    password: "S3CRET",
    authorization: "S3CRET",
    subject: "S3CRET",
    body: "S3CRET",
    text: "S3CRET",
    privateKey: "S3CRET",
  };
  log.info({ event: "x", ...secrets });
  log.info({
    event: "x",
    mail: secrets,
    request: { headers: secrets },
    receipt: { receipt: "{}", signature: "S3CRET" },
  });
  log.child({ id: "a1", token: "S3CRET" }).warn({ event: "x" });
  assert.equal(lines.length, 3);
  assert.doesNotMatch(lines.join(), /S3CRET/);
});

it("an error is told with code, retry and cause, without the request some libraries hang on it", () => {
  const { log, last, lines } = collect();
  const cause = Object.assign(new Error("connect refused"), {
    code: "ECONNREFUSED",
    config: { headers: { Authorization: "Bearer S3CRET" } },
  });
  log.error({
    event: "x",
    error: Object.assign(new Error("outer", { cause }), {
      code: "FILE_FAILED",
      retry: "safe",
      data: { token: "S3CRET" },
    }),
  });
  const { stack, cause: told, ...error } = last()["error"] as Record<string, unknown>;
  assert.deepEqual(error, { name: "Error", message: "outer", code: "FILE_FAILED", retry: "safe" });
  assert.equal((told as Record<string, unknown>)["code"], "ECONNREFUSED");
  assert.match(String(stack), /logger\.test/);
  assert.doesNotMatch(lines.join(), /S3CRET/);
});

it("lines below the level are left out", () => {
  const { log, lines } = collect();
  log.debug({ event: "x" });
  assert.equal(lines.length, 0);
});
