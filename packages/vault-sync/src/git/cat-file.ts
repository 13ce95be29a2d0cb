import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { fail } from "../errors.ts";
import { isOid, type Oid } from "./oid.ts";

export interface ObjectHeader {
  type: string;
  size: number;
}

export interface ReadObject extends ObjectHeader {
  /** Null when the object is larger than asked for; its bytes were thrown away as they came. */
  bytes: Uint8Array | null;
}

/**
 * One long-lived `git cat-file --batch` (or `--batch-check`): asking it costs a pipe's round trip where
 * a process of its own costs milliseconds. A child that dies fails what was asked and is started again
 * by the next question. Git 2.34 has no `--batch-command` yet, hence two kinds.
 */
export class CatFile {
  readonly #gitDir: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #withContent: boolean;
  #child: ChildProcessWithoutNullStreams | null = null;
  #waiting: Pending[] = [];
  #header = "";
  #left = 0;

  constructor(gitDir: string, env: NodeJS.ProcessEnv, withContent: boolean) {
    this.#gitDir = gitDir;
    this.#env = env;
    this.#withContent = withContent;
  }

  /** The object, or null when there is none. `maxBytes` bounds what is held in memory. */
  ask(oid: Oid, maxBytes: number): Promise<ReadObject | null> {
    if (!isOid(oid))
      throw fail("OBJECT_MISSING", "An object was asked for by something that is not its name.");
    return new Promise((resolve, reject) => {
      this.#waiting.push({ oid, maxBytes, resolve, reject, found: null, parts: [] });
      this.#start().stdin.write(`${oid}\n`);
    });
  }

  /** Ends the child; the next question starts a new one. */
  async close(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.stdin.end();
    await ended;
  }

  #start(): ChildProcessWithoutNullStreams {
    if (this.#child) return this.#child;
    const mode = this.#withContent ? "--batch" : "--batch-check";
    const child = spawn("git", ["cat-file", mode], {
      cwd: this.#gitDir,
      env: this.#env,
      stdio: ["pipe", "pipe", "pipe"],
      windowsHide: true,
    });
    this.#child = child;
    const end = (cause?: unknown) => this.#fail(child, cause);
    child.once("error", end);
    child.once("close", () => end());
    child.stdin.on("error", end);
    child.stdout.on("data", (chunk: Buffer) => {
      if (this.#child === child) this.#take(chunk);
    });
    // Nothing reads what it complains about, but a full pipe would stop it.
    child.stderr.resume();
    return child;
  }

  #fail(child: ChildProcessWithoutNullStreams, cause: unknown): void {
    if (this.#child !== child) return;
    this.#child = null;
    this.#header = "";
    this.#left = 0;
    const waiting = this.#waiting.splice(0);
    for (const one of waiting) {
      one.reject(
        fail("OBJECT_STORE_FAILED", "git stopped while objects were being read; nothing was changed.", {
          cause,
        }),
      );
    }
  }

  #take(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      const current = this.#waiting[0];
      if (!current) return;
      rest = current.found ? this.#takeContent(current, rest) : this.#takeHeader(current, rest);
    }
  }

  #takeHeader(current: Pending, chunk: Buffer): Buffer {
    const newline = chunk.indexOf(0x0a);
    this.#header += chunk.toString("latin1", 0, newline < 0 ? chunk.length : newline);
    if (newline < 0) return chunk.subarray(chunk.length);
    const match = /^[0-9a-f]{40} ([a-z]+) (\d+)$/.exec(this.#header);
    this.#header = "";
    if (!match) {
      this.#waiting.shift();
      current.resolve(null);
    } else {
      current.found = { type: match[1] ?? "", size: Number(match[2]) };
      // The content is followed by one newline.
      this.#left = this.#withContent ? current.found.size + 1 : 0;
      if (!this.#withContent) this.#finish(current, current.found);
    }
    return chunk.subarray(newline + 1);
  }

  #takeContent(current: Pending, chunk: Buffer): Buffer {
    const taken = chunk.subarray(0, this.#left);
    this.#left -= taken.length;
    if (current.found && current.found.size <= current.maxBytes) current.parts.push(taken);
    if (this.#left === 0 && current.found) this.#finish(current, current.found);
    return chunk.subarray(taken.length);
  }

  #finish(current: Pending, found: ObjectHeader): void {
    this.#waiting.shift();
    const whole = this.#withContent && found.size <= current.maxBytes;
    current.resolve({ ...found, bytes: whole ? Buffer.concat(current.parts).subarray(0, found.size) : null });
  }
}

interface Pending {
  oid: Oid;
  maxBytes: number;
  resolve(value: ReadObject | null): void;
  reject(error: Error): void;
  found: ObjectHeader | null;
  parts: Buffer[];
}
