import { formatMs, summariseLatencies } from "./latencies.ts";
import type { Figures } from "./recount.ts";
import type { Story } from "./story.ts";
import type { SyncFigures } from "./sync-latencies.ts";

/** How a run ended. */
export interface Outcome {
  ok: boolean;
  problems: string[];
  figures: Figures;
  sync: SyncFigures;
  /** The last line of `--json`. */
  json: Record<string, unknown>;
}

/** The table at the end, and what did not hold. */
export function printTable(story: Story, outcome: Outcome): void {
  const { figures, sync } = outcome;
  const toCloud = summariseLatencies(sync.toCloudMs);
  const toLaptop = summariseLatencies(sync.toLaptopMs);
  const rows: [string, string, string, string][] = [
    ["", "median", "worst", "limit"],
    ["move on the laptop -> on the cloud's disk", formatMs(toCloud.p50), formatMs(toCloud.max), "30 s"],
    ["change on the cloud -> on the laptop's disk", formatMs(toLaptop.p50), formatMs(toLaptop.max), "30 s"],
    [
      "owner's move -> mail in Sent (5 s to undo)",
      formatMs(figures.approvedToSentMs.p50),
      formatMs(figures.approvedToSentMs.max),
      "10 s",
    ],
    ["laptop's start -> all Done on both sides", "", formatMs(figures.handoverMs), ""],
  ];
  story.print("");
  for (const [what, ...cells] of rows)
    story.print(`  ${what.padEnd(46)}${cells.map((cell) => cell.padStart(10)).join("")}`);
  story.print("");
  story.print(
    `  ${figures.mails} mails, ${figures.drafted} drafted, ${figures.sent} sent (${figures.threaded} in their conversation), ` +
      `${figures.doubles} twice, ${figures.lost} lost. Timed: ${sync.toCloudMs.length + sync.toLaptopMs.length} changes; ` +
      `${sync.leftOut} made while the laptop was off are left out.`,
  );
  story.print("  Counted from outside: both folders, the remote's history, the mailbox.");
  story.print("");
  for (const problem of outcome.problems) story.print(`  NOT AS PROMISED: ${problem}.`);
  story.print(outcome.ok ? "  Everything held." : `  ${outcome.problems.length} expectations did not hold.`);
}
