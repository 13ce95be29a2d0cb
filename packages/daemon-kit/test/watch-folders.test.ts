import assert from "node:assert/strict";
import { mkdir, rename, stat, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { it, type TestContext } from "node:test";
import { createTempDir, waitFor } from "@nightdesk/testkit";
import { writeDurably } from "../src/durable-write.ts";
import { watchFolders } from "../src/watch-folders.ts";

async function watchTwo(t: TestContext) {
  const folder = await createTempDir("watch");
  const [approved, pending] = [join(folder.path, "Approved"), join(folder.path, "Pending_Approval", "email")];
  const seen: string[] = [];
  const watch = await watchFolders({
    folders: [approved, pending],
    onChange: (path) => void seen.push(path),
    onError: (error) => assert.fail(String(error)),
  });
  t.after(async () => {
    await watch.close();
    await folder.remove();
  });
  const next = async (what: string, path: string) => {
    await waitFor(() => seen.includes(path), { what, timeoutMs: 5_000, describe: () => seen });
    return seen.splice(0);
  };
  return { approved, pending, next, root: folder.path };
}

it("folders that do not exist yet are made and watched", async (t) => {
  const { approved, pending, next } = await watchTwo(t);
  assert.ok((await stat(pending)).isDirectory());
  await writeFile(join(pending, "a.md"), "x");
  await next("a new file", join(pending, "a.md"));
  await rename(join(pending, "a.md"), join(approved, "a.md"));
  const seen = await next("a file moved in", join(approved, "a.md"));
  assert.ok(seen.every((path) => path.endsWith("a.md")));
});

it("each of a new file, a change and a removal is reported", async (t) => {
  const { approved, next } = await watchTwo(t);
  const path = join(approved, "a.md");
  await writeFile(path, "x");
  await next("the new file", path);
  await writeFile(path, "longer");
  await next("the change", path);
  await unlink(path);
  await next("the removal", path);
});

it("our own unfinished files and what lies in folders below are not reported", async (t) => {
  const { approved, next } = await watchTwo(t);
  await mkdir(join(approved, "below"));
  await writeFile(join(approved, "below", "b.md"), "x");
  await writeFile(join(approved, ".nd-tmp-00"), "half");
  for (let n = 0; n < 5; n += 1) await writeDurably(join(approved, "a.md"), `text ${n}`);
  const seen = await next("the finished file", join(approved, "a.md"));
  assert.deepEqual([...new Set(seen)], [join(approved, "a.md")]);
});
