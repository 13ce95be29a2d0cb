import type { Reply, ReplyOptions } from "../office/sample-reply.ts";
import type { Stage } from "./stage.ts";

/** Who forges: the cloud with its own key, another program of the laptop's owner, a caller of the live tools. */
export const GROUPS = ["cloud", "laptop", "tools"] as const;
type Group = (typeof GROUPS)[number];

/** One attack and the honest item beside it. */
export interface Attempt {
  name: string;
  /** What is attacked: a note (and its mail) that nobody approves but for the attack. */
  victim: Reply;
  /** The same kind of item, made the same way, approved honestly: it must be carried out once. */
  twin: Reply;
  /** What the live tools answered to the twin, where it is a call. */
  twinAnswer: string | null;
}

/** What an attack left behind, and where to look for the refusal. */
export interface Trace {
  /** Commits that were pushed: the refusal names one of them. */
  commits?: string[];
  /** Task ids, or words of a path, the refusal may be about; the victim's id when left out. */
  about?: string[];
  /** What the attacked program answered, or what stood where the owner is told: nothing else is looked at. */
  said?: string[];
}

export interface Forgery {
  name: string;
  group: Group;
  /** The words in which the system has to name it, as they stand in its record. */
  reason: string;
  /** Further refusals of the same attack; anything else counts as another reason. */
  also?: readonly string[];
  /** `waiting`: the victim is put before the owner first. `drafted`: its mail is there, its note is up to the attack. */
  victim: "waiting" | "drafted";
  /** `sent`: begins when all twins have been sent. `alone`: when everything else has ended. */
  when?: "sent" | "alone";
  /** `call`: the twin is no note; its live tools are called with the laptop's own receipt. */
  twin?: "note" | "call";
  /** Of the victim and of the twin. */
  reply?: Partial<ReplyOptions>;
  /**
   * The victim as it was shown has to go out, exactly so and once: `during` the attack, or when the owner
   * approves it `afterwards`. Left out: nothing of it may go out.
   */
  victimGoesOut?: "during" | "afterwards";
  /** How the twin is approved where that is not one plain move. */
  approveTwin?: (stage: Stage, attempt: Attempt) => Promise<void>;
  attack(stage: Stage, attempt: Attempt): Promise<Trace | void>;
}

/** Where an attacker would have the mail go. */
export const ATTACKER = "mallory@attacker.example";
