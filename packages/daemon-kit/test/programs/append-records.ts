// Appends numbered records to a log until it is killed, and says which ones were acknowledged.
import { openAppendLog } from "../../src/append-log.ts";

const [path = "", writer = ""] = process.argv.slice(2);
const log = openAppendLog(path);
for (let n = 0; ; n += 1) {
  await log.append({ writer, n, padding: "x".repeat(n % 3000) });
  process.stdout.write(`${n}\n`);
}
