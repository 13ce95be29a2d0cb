import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { waitFor } from "@nightdesk/testkit";
import { z } from "zod";
import { fail } from "../errors.ts";

/** A page in a headless browser, opened and left to load whatever it wants. */
export interface Browser {
  /** Opens a page; resolves once it is loaded, with every address it asked for besides itself. */
  open(url: string, options?: OpenOptions): Promise<OpenedPage>;
  close(): Promise<void>;
}

export interface OpenOptions {
  width?: number;
  /** Of the picture; the page's own height when left out. */
  height?: number;
  picture?: boolean;
}

interface OpenedPage {
  asked: string[];
  /** Elements that could run, load or lead somewhere, counted by the browser itself. */
  activeElements: number;
  /** PNG; null unless a picture was asked for. */
  picture: Buffer | null;
}

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
/** What a page may still begin to load after its load event: a frame, a style's import. */
const SETTLE_MS = 50;
const TIMEOUT_MS = 30_000;

/** The browser's program; null where there is none. */
export function findChromium(): string | null {
  return NAMES.find((name) => spawnSync("which", [name], { stdio: "ignore" }).status === 0) ?? null;
}

/** @param port where every host name leads to */
export async function openBrowser(program: string, folder: string, port: number): Promise<Browser> {
  const child = spawn(
    program,
    [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-default-apps",
      "--hide-scrollbars",
      "--remote-debugging-port=0",
      `--user-data-dir=${folder}`,
      `--host-resolver-rules=MAP * 127.0.0.1:${port}`,
      "about:blank",
    ],
    { stdio: "ignore", detached: true },
  );
  try {
    const link = await connect(child, join(folder, "DevToolsActivePort"));
    return { open: (url, options) => openPage(link, url, options ?? {}), close: () => end(child, link) };
  } catch (error) {
    killGroup(child);
    throw error;
  }
}

interface Link {
  call(method: string, params?: object, sessionId?: string): Promise<unknown>;
  listen(listener: (event: Event) => void): () => void;
  close(): void;
}

const eventSchema = z.object({
  id: z.number().optional(),
  method: z.string().optional(),
  sessionId: z.string().optional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
});
type Event = z.infer<typeof eventSchema>;

async function connect(child: ChildProcess, portFile: string): Promise<Link> {
  const lines = await waitFor(
    async () => {
      const text = await readFile(portFile, "utf8").catch(() => "");
      return text.includes("\n") ? text.split("\n") : null;
    },
    { what: "the browser to start", timeoutMs: TIMEOUT_MS, describe: () => `exit code ${child.exitCode}` },
  );
  const socket = new WebSocket(`ws://127.0.0.1:${lines[0]}${lines[1]}`);
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("error", () => reject(fail("TRIAL_BROKEN", "The browser took no connection.")));
  });
  const waiting = new Map<number, (event: Event) => void>();
  const listeners = new Set<(event: Event) => void>();
  socket.addEventListener("message", ({ data }) => {
    const event = eventSchema.parse(JSON.parse(String(data)));
    if (event.id === undefined) for (const listener of listeners) listener(event);
    else waiting.get(event.id)?.(event);
  });
  let calls = 0;
  return {
    call(method, params = {}, sessionId) {
      calls += 1;
      const id = calls;
      socket.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
      return new Promise((resolve, reject) => {
        waiting.set(id, (event) => {
          waiting.delete(id);
          if (event.error)
            reject(fail("TRIAL_BROKEN", `The browser refused ${method}: ${event.error.message}`));
          else resolve(event.result);
        });
      });
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => socket.close(),
  };
}

const requestSchema = z.object({ request: z.object({ url: z.string() }) });
const pictureSchema = z.object({ data: z.string() });
const valueSchema = z.object({ result: z.object({ value: z.number() }) });

const COUNT_ACTIVE = `document.querySelectorAll("img,svg,script,iframe,object,embed,link,meta[http-equiv],base,form,input,video,audio,source,details,math,template,a[href]:not([href^='mailto:']),[style],[onload],[onerror]").length`;

async function openPage(link: Link, url: string, options: OpenOptions): Promise<OpenedPage> {
  const { targetId } = z
    .object({ targetId: z.string() })
    .parse(await link.call("Target.createTarget", { url: "about:blank" }));
  const { sessionId } = z
    .object({ sessionId: z.string() })
    .parse(await link.call("Target.attachToTarget", { targetId, flatten: true }));
  const call = (method: string, params?: object) => link.call(method, params, sessionId);
  const asked: string[] = [];
  let isLoaded = false;
  const stop = link.listen((event) => {
    if (event.sessionId !== sessionId) return;
    if (event.method === "Network.requestWillBeSent")
      asked.push(requestSchema.parse(event.params).request.url);
    if (event.method === "Page.loadEventFired") isLoaded = true;
  });
  try {
    await Promise.all([call("Page.enable"), call("Network.enable")]);
    if (options.width !== undefined) await setSize(call, options.width, options.height ?? 800);
    await call("Page.navigate", { url });
    await waitFor(() => isLoaded, { what: `${url} to load`, timeoutMs: TIMEOUT_MS, intervalMs: 5 });
    // A page that is quiet cannot say so: what follows its load event is given this long.
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const count = await call("Runtime.evaluate", { expression: COUNT_ACTIVE, returnByValue: true });
    return {
      asked: asked.filter((one) => one !== url && !/^(?:data|about|blob):/.test(one)),
      activeElements: valueSchema.parse(count).result.value,
      picture: options.picture === true ? await takePicture(call, options) : null,
    };
  } finally {
    stop();
    await link.call("Target.closeTarget", { targetId });
  }
}

type Call = (method: string, params?: object) => Promise<unknown>;

const setSize = (call: Call, width: number, height: number) =>
  call("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });

async function takePicture(call: Call, { width = 800, height }: OpenOptions): Promise<Buffer> {
  if (height === undefined) {
    const found = await call("Runtime.evaluate", {
      expression: "Math.ceil(document.body.getBoundingClientRect().height)",
      returnByValue: true,
    });
    await setSize(call, width, valueSchema.parse(found).result.value);
  }
  const shot = await call("Page.captureScreenshot", { format: "png" });
  return Buffer.from(pictureSchema.parse(shot).data, "base64");
}

async function end(child: ChildProcess, link: Link): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  void link.call("Browser.close").catch(() => undefined);
  const timer = setTimeout(() => killGroup(child), 5_000);
  await ended;
  clearTimeout(timer);
  link.close();
  killGroup(child);
}

/** The browser is many processes; they are a group of their own. */
function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}
