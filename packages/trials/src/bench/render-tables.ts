import type { Contention } from "./contention.ts";
import type { Aims } from "./judge-aims.ts";
import type { SideIdle } from "./measure-idle.ts";
import type { SizeResult } from "./run-size.ts";
import { MODES, type ModeId } from "./sync-options.ts";

/** The figures of one size, for people. */
export function renderSize(result: SizeResult): string {
  const { size, latencies, afterIdleMs, idle } = result;
  const modes = (Object.keys(MODES) as ModeId[]).filter((mode) => latencies[mode]);
  const latencyRows = modes.map((mode) => {
    const latency = latencies[mode];
    return [
      MODES[mode],
      ms(latency?.p50Ms),
      ms(latency?.p95Ms),
      ms(latency?.worstMs),
      String(latency?.missed ?? 0),
      ratio(latency?.p50Ms, latencies.git?.p50Ms),
      ratio(latency?.p50Ms, latencies["syncthing-fast"]?.p50Ms),
      ms(afterIdleMs[mode] ?? undefined),
    ];
  });
  const idleRows = modes.flatMap((mode) =>
    (["A", "B", "server"] as const).flatMap((name) => {
      const side = idle[mode]?.[name];
      return side ? [[`${mode} ${name}`, ...idleCells(side)]] : [];
    }),
  );
  return [
    `\n${size} notes: from a rename on A to the same rename on B`,
    table([
      ["", "p50 ms", "p95 ms", "worst", "missed", "x git", "x Syncthing 1 s", "first after idle"],
      ...latencyRows,
    ]),
    `\n${size} notes: while nothing happens`,
    table([["", "CPU ms", "% of a core", "started", "RSS MB", "peak MB", "others MB"], ...idleRows]),
  ].join("\n");
}

function idleCells({ cpuMs, cpuPercent, started, main, othersRssMb }: SideIdle): string[] {
  const held = [main?.rssMb, main?.peakMb, othersRssMb].map((mb) => mb?.toFixed(1) ?? "-");
  return [String(cpuMs), cpuPercent.toFixed(2), started === null ? "-" : String(started), ...held];
}

export function renderEnd(aims: Aims, contention: Contention | null, notRun: readonly string[]): string {
  const words = { true: "reached", false: "MISSED", null: "not measured" };
  const lines = Object.entries(aims).map(([aim, held]) => `${aim}: ${words[`${held}`]}`);
  const race =
    contention === null
      ? []
      : [
          `\nThe owner's move while two agents race (${contention.claimsPerSecond} claims a second): ` +
            `p50 ${ms(contention.p50Ms)} ms, p95 ${ms(contention.p95Ms)} ms, worst ${ms(contention.worstMs)} ms, ${contention.missed} missed`,
        ];
  const left = notRun.length === 0 ? [] : [`\nNot run here: ${notRun.join("; ")}`];
  return [...race, "", ...lines, ...left, ""].join("\n");
}

export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => pad(cell, widths[column] ?? 0, column))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** The first column and long lists read from the left, figures from the right. */
function pad(cell: string, width: number, column: number): string {
  return column === 0 || /[a-z]{3}/.test(cell) ? cell.padEnd(width) : cell.padStart(width);
}

function ms(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? "-" : String(Math.round(value));
}

function ratio(value: number | undefined, of: number | undefined): string {
  return value === undefined || of === undefined ? "-" : (value / of).toFixed(2);
}
