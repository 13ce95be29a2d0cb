import type { MailDecoder } from "../mail-decoder.ts";
import type { MailReader } from "../provider.ts";

/** All that a reading tool is given: in draft mode nothing in the process can do more. */
export interface ReadDeps {
  reader: MailReader;
  decoder: MailDecoder;
}
