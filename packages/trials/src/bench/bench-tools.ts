import { hasSshd } from "@nightdesk/testkit";
import { describeError } from "@nightdesk/claim-lib";
import { runProgram } from "./run-program.ts";

export interface BenchTools {
  ssh: boolean;
  syncthing: boolean;
  /** forkstat, which hears from the kernel of every process that starts; root only. */
  forks: boolean;
  /** What was not there, and what is therefore not run. */
  missing: string[];
}

const NEEDED = [
  { program: "sshd", debian: "openssh-server", for: "every mode over ssh" },
  { program: "syncthing", debian: "syncthing", for: "Syncthing" },
  { program: "forkstat", debian: "forkstat", for: "the count of processes started" },
] as const;
type Program = (typeof NEEDED)[number]["program"];

/** Looks what is there, and installs what is not where that is possible (Debian, root). */
export async function findBenchTools(
  wanted: readonly Program[],
  say: (line: string) => void,
): Promise<BenchTools> {
  const needed = NEEDED.filter(({ program }) => wanted.includes(program));
  const absent = await missingOf(needed);
  const isRoot = process.getuid?.() === 0;
  if (absent.length > 0 && isRoot && (await isThere("apt-get"))) {
    const names = absent.map(({ debian }) => debian);
    say(`Installing from Debian: ${names.join(", ")}`);
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    try {
      await runProgram("apt-get", ["update", "-q"], { env });
      await runProgram("apt-get", ["install", "-qy", "--no-install-recommends", ...names], { env });
    } catch (error) {
      say(`That did not work: ${describeError(error).split("\n")[0] ?? ""}`);
    }
  }
  const still = await missingOf(needed);
  const has = (program: Program) => wanted.includes(program) && !still.some((one) => one.program === program);
  return {
    ssh: has("sshd"),
    syncthing: has("syncthing"),
    forks: has("forkstat") && isRoot,
    missing: [
      ...still.map((one) => `${one.for} (${one.program} is missing; install ${one.debian})`),
      ...(wanted.includes("forkstat") && !isRoot ? ["the count of processes started (needs root)"] : []),
    ],
  };
}

async function missingOf(needed: readonly (typeof NEEDED)[number][]) {
  const there = await Promise.all(needed.map(({ program }) => isThere(program)));
  return needed.filter((_, index) => !there[index]);
}

async function isThere(program: string): Promise<boolean> {
  if (program === "sshd") return hasSshd();
  return runProgram("which", [program]).then(
    () => true,
    () => false,
  );
}
