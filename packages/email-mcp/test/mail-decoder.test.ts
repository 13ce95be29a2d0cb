import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { createMailDecoder } from "../src/mail-decoder.ts";

const HEAD = "From: Jo <jo@x.example>\r\nSubject: Hi\r\n";

describe("a mail made to keep the decoder busy", () => {
  const decoder = createMailDecoder(4_000);
  after(() => decoder.close());

  it(
    "is given up in time and described, and the mails behind it are decoded",
    { timeout: 30_000 },
    async () => {
      const bomb = decoder.decode(
        Buffer.from(`${HEAD}Content-Type: text/plain; format=flowed\r\n\r\n${"> > \r\n".repeat(300_000)}`),
      );
      const next = decoder.decode(Buffer.from(`${HEAD}\r\nordinary words`));
      const given = await bomb;
      assert.match(given.problems.join(), /could not be decoded in time/);
      assert.deepEqual([given.from.address, given.subject], ["jo@x.example", "Hi"]);
      assert.match(given.text, /^> > /);
      const ordinary = await next;
      assert.deepEqual([ordinary.text, ordinary.problems], ["ordinary words", []]);
    },
  );

  it("one thread decodes many mails, one after the other", async () => {
    for (let count = 0; count < 20; count += 1) {
      const { text, problems } = await decoder.decode(Buffer.from(`${HEAD}\r\nmail ${count}`));
      assert.deepEqual([text, problems], [`mail ${count}`, []]);
    }
  });

  it("does not stop others from being decoded after the thread was ended for idleness", async () => {
    decoder.close();
    assert.deepEqual((await decoder.decode(Buffer.from(`${HEAD}\r\nagain`))).problems, []);
  });
});
