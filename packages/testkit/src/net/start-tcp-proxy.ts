import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { Lane } from "./lane.ts";

/** What the way is like now. All of it holds for open connections and for new ones. */
export interface NetworkTrouble {
  /** Every byte arrives so much later, each way. */
  delayMs: number;
  /** Nothing is carried; it goes on where it was when this ends. */
  isStalled: boolean;
  /** Nothing comes back, while what is sent still arrives. */
  isAnswerHeld: boolean;
  /**
   * Everything is swallowed without a word, endings too, as by a router that forgot the connection. A
   * connection that lost bytes this way stays dead when this ends; new ones are carried.
   */
  isBlackHole: boolean;
  /** The width of the line, each way; null for no limit. */
  bytesPerSecond: number | null;
}

export const NO_TROUBLE: NetworkTrouble = {
  delayMs: 0,
  isStalled: false,
  isAnswerHeld: false,
  isBlackHole: false,
  bytesPerSecond: null,
};

export interface TcpProxy {
  address: string;
  port: number;
  /** Puts trouble on the way, in place of what was there before. */
  trouble(trouble: Partial<NetworkTrouble>): void;
  heal(): void;
  /** Ends every open connection with RST, both ways. */
  resetAll(): void;
  /** The next connection is reset once so many bytes went to the server over it. */
  resetAfter(bytesToServer: number): void;
  /** Open connections, and all there ever were. */
  connections(): { open: number; total: number };
  bytes(): { toServer: number; toClient: number };
  close(): Promise<void>;
}

export interface TcpProxyOptions {
  host?: string;
  /** Where it listens; 127.0.0.1 and a free port unless told. */
  address?: string;
  /** The real server. */
  port: number;
}

interface Link {
  client: Socket;
  server: Socket;
  lanes: readonly Lane[];
  isLost: boolean;
}

/** What all connections share. */
interface Way {
  trouble: NetworkTrouble;
  links: Set<Link>;
  bytes: { toServer: number; toClient: number };
  total: number;
  /** For the next connection only. */
  resetAt: number | null;
}

/** A way to a TCP server that behaves as badly as the test says, and can change its mind at any moment. */
export async function startTcpProxy(options: TcpProxyOptions): Promise<TcpProxy> {
  const way: Way = {
    trouble: NO_TROUBLE,
    links: new Set(),
    bytes: { toServer: 0, toClient: 0 },
    total: 0,
    resetAt: null,
  };
  const { links } = way;
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const { port, host = "127.0.0.1" } = options;
    openLink(way, client, connect({ port, host, allowHalfOpen: true }));
  });
  listener.listen(0, options.address ?? "127.0.0.1");
  await once(listener, "listening");
  const { port, address } = listener.address() as AddressInfo;
  const change = (next: NetworkTrouble) => {
    way.trouble = next;
    for (const link of links) for (const lane of link.lanes) lane.look();
  };
  return {
    address,
    port,
    trouble: (trouble) => change({ ...NO_TROUBLE, ...trouble }),
    heal: () => change(NO_TROUBLE),
    resetAll: () => [...links].forEach(reset),
    resetAfter: (bytesToServer) => (way.resetAt = bytesToServer),
    connections: () => ({ open: links.size, total: way.total }),
    bytes: () => ({ ...way.bytes }),
    async close() {
      const closed = once(listener, "close");
      listener.close();
      [...links].forEach(reset);
      await closed;
    },
  };
}

function openLink(way: Way, client: Socket, server: Socket): void {
  const limit = way.resetAt;
  way.resetAt = null;
  way.total += 1;
  let sent = 0;
  const link: Link = { client, server, lanes: [], isLost: false };
  const rules = (toServer: boolean) => ({
    trouble: () => way.trouble,
    isHeld: () => way.trouble.isStalled || (!toServer && way.trouble.isAnswerHeld),
    isLost: () => link.isLost,
    lose: () => (link.isLost = true),
    carried(count: number) {
      way.bytes[toServer ? "toServer" : "toClient"] += count;
      if (!toServer || limit === null) return;
      sent += count;
      if (sent >= limit) reset(link);
    },
  });
  link.lanes = [new Lane(client, server, rules(true)), new Lane(server, client, rules(false))];
  way.links.add(link);
  endWith(way, link);
}

/** How the end of one side is told to the other. */
function endWith(way: Way, link: Link): void {
  const { client, server } = link;
  const over = () => {
    if (!client.destroyed || !(server.destroyed || link.isLost)) return;
    server.destroy();
    way.links.delete(link);
  };
  client.on("close", () => {
    if (!link.isLost && !way.trouble.isBlackHole) reset(link);
    over();
  });
  server.on("close", () => {
    // In a black hole nobody hears of it.
    if (way.trouble.isBlackHole) link.isLost = true;
    if (!link.isLost && link.lanes.every((lane) => lane.isEmpty())) client.end();
    over();
  });
  client.on("error", () => undefined);
  server.on("error", () => {
    if (way.trouble.isBlackHole) link.isLost = true;
    if (!link.isLost) client.resetAndDestroy();
  });
}

function reset({ client, server, lanes }: Link): void {
  for (const lane of lanes) lane.stop();
  for (const socket of [client, server]) {
    if (socket.connecting) socket.destroy();
    else socket.resetAndDestroy();
  }
}
