import type { Channel } from "@nightdesk/claim-lib";
import { fail } from "./errors.ts";

/**
 * The pure descriptions of the configured channels. A channel is the folder `packages/<name>-mcp` and
 * its name in CHANNELS, nothing else: this is the one place where a name becomes code.
 * Throws CHANNEL_UNKNOWN for a name without such a folder.
 */
export async function loadChannels(names: readonly string[]): Promise<Channel[]> {
  const channels: Channel[] = [];
  for (const name of names) {
    if (!/^[a-z][a-z0-9]{1,30}$/.test(name)) throw unknownChannel(name);
    const file = new URL(`../../${name}-mcp/src/channel.ts`, import.meta.url);
    let loaded: { channel?: Channel };
    try {
      loaded = (await import(file.href)) as { channel?: Channel };
    } catch (error) {
      throw unknownChannel(name, error);
    }
    if (loaded.channel?.name !== name) throw unknownChannel(name);
    channels.push(loaded.channel);
  }
  return channels;
}

function unknownChannel(name: string, cause?: unknown) {
  return fail(
    "CHANNEL_UNKNOWN",
    `CHANNELS names "${name}", but there is no such channel; nothing was started. Example: CHANNELS=email`,
    { data: { name }, cause },
  );
}
