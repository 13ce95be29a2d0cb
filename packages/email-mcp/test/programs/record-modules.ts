import { appendFileSync } from "node:fs";
import { registerHooks } from "node:module";

// Preloaded with --import: writes down every module this process loads, whatever asked for it.
const file = process.env["RECORD_MODULES_TO"];
if (file) {
  registerHooks({
    load(url, context, nextLoad) {
      appendFileSync(file, `${url}\n`);
      return nextLoad(url, context);
    },
  });
}
