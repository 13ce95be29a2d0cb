import { findSecrets } from "@nightdesk/daemon-kit/find-secrets";
import { nameOf } from "@nightdesk/claim-lib";
import type { SecretScanner } from "./ports.ts";

/** secretlint over a file: its name too, since a tree carries names as a commit carries texts. */
export function createSecretScanner(): SecretScanner {
  return {
    async scan(path, text) {
      // A text in UTF-16 has a zero beside every letter, and no rule would know it again.
      const found = await findSecrets(path, `${nameOf(path)}\n${text.replaceAll("\0", "")}`);
      return [...new Set(found.map(({ rule }) => rule))];
    },
  };
}
