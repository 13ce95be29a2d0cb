import { once } from "node:events";
import { createServer } from "node:net";
import { fail } from "../errors.ts";

/** A TCP port nobody listens on right now. Throws NO_FREE_PORT. */
export async function findFreePort(address = "127.0.0.1"): Promise<number> {
  const probe = createServer().listen(0, address);
  await once(probe, "listening");
  const found = probe.address();
  probe.close();
  await once(probe, "close");
  if (found === null || typeof found === "string")
    throw fail("NO_FREE_PORT", `No free port was found on ${address}.`);
  return found.port;
}
