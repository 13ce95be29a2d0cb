/**
 * What git's own check of incoming objects may find without the fetch being refused. Each of these is
 * judged in process instead (`tree-codec.ts`, `commit-codec.ts`, `tree-diff.ts`), nothing is ever checked
 * out by git, and so the change can be taken back: refused by the fetch, one pushed name would stop sync
 * until somebody repairs it. What is left stops the fetch: a commit with a NUL in its headers or without
 * their end, and whatever git cannot read at all.
 * Names up to git 2.39; a git that does not know one of them says so and goes on.
 */
const JUDGED_HERE = [
  "badDate",
  "badDateOverflow",
  "badEmail",
  "badFilemode",
  "badName",
  "badTimezone",
  "duplicateEntries",
  "emptyName",
  "fullPathname",
  "gitattributesBlob",
  "gitattributesLarge",
  "gitattributesLineLength",
  "gitattributesMissing",
  "gitignoreSymlink",
  "gitattributesSymlink",
  "gitmodulesBlob",
  "gitmodulesLarge",
  "gitmodulesMissing",
  "gitmodulesName",
  "gitmodulesParse",
  "gitmodulesPath",
  "gitmodulesSymlink",
  "gitmodulesUpdate",
  "gitmodulesUrl",
  "hasDot",
  "hasDotdot",
  "hasDotgit",
  "largePathname",
  "mailmapSymlink",
  "missingAuthor",
  "missingCommitter",
  "missingEmail",
  "missingNameBeforeEmail",
  "missingSpaceBeforeDate",
  "missingSpaceBeforeEmail",
  "multipleAuthors",
  "nulInCommit",
  "nullSha1",
  "symlinkPointsToGitDir",
  "symlinkTargetBlob",
  "symlinkTargetLength",
  "symlinkTargetMissing",
  "treeNotSorted",
  "zeroPaddedDate",
  "zeroPaddedFilemode",
] as const;

/** As a section of git's configuration. */
export function fsckConfig(): string {
  return `[fetch "fsck"]\n${JUDGED_HERE.map((id) => `\t${id} = ignore\n`).join("")}`;
}
