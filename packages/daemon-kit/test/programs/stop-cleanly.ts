// A daemon that says how it was stopped.
import { createFigures, onStop, signalReady } from "../../src/pm2-link.ts";

const [how] = process.argv.slice(2);
onStop(
  async () => {
    if (how === "hang") await new Promise(() => undefined);
    if (how === "throw") throw new Error("cannot close");
    process.stdout.write("cleaned up\n");
  },
  { deadlineMs: 300, onError: () => process.stdout.write("told\n") },
);
const figures = createFigures();
figures.set("queueLength", 1);
figures.set("queueLength", 3);
figures.set("lastSync", "14:03:22");
signalReady();
setInterval(() => undefined, 60_000);
process.stdout.write("up\n");
