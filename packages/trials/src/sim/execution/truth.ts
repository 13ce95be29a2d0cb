/** Where the owner put a note last. */
type Hand = "pending" | "approved" | "deleted" | "rejected" | "moved away";

/** What really happened with one task, kept by those who did it. Never changed in place. */
export interface TaskTruth {
  n: number;
  hand: Hand;
  /** The words that would go out, as they were last written or presented. */
  words: string;
  /** The words the owner last said yes to. */
  approvedWords: string | null;
  /**
   * When the owner last wrote the note or said yes to other words, on a clock nobody sets. The same bytes moved back
   * and forth between two looks are one approval: a rename leaves no trace in the file.
   */
  touchedAtMs: number;
  /** The same on the laptop's clock: its undo window is measured there. */
  touchedAtWallMs: number;
  /** The note left Approved/ to be carried out: with which words, and whether its undo window was over. */
  taken: { words: string; isRipe: boolean; mode: "live" | "dry_run" } | null;
  effects: number;
  /** What the owner, or a restored copy, did that lets this note be put aside or be asked about. */
  excuses: readonly string[];
  /** Approved before the records were put back to an older state: it does not count any more. */
  isVoid: boolean;
}

export type ExecTruth = Readonly<Record<number, TaskTruth>>;
