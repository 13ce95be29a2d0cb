// Holds a lock until it is killed, without keeping the handle, as a careless caller would.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { holdLock } from "../../src/process-lock.ts";

holdLock(process.argv[2] ?? "", "vault-sync");
setFlagsFromString("--expose-gc");
runInNewContext("gc")();
process.stdout.write("held\n");
setInterval(() => undefined, 60_000);
