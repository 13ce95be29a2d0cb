import { parentPort, workerData } from "node:worker_threads";
import { runShare, type Share } from "./run-share.ts";

const result = await runShare(workerData as Share);
// eslint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
parentPort?.postMessage(result);
